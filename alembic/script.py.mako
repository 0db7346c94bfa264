<%!
    def literal(text):
        """A title as the inside of a docstring: one line, whatever was typed."""
        line = "".join(sign if sign.isprintable() else " " for sign in text)
        return " ".join(line.split()).replace("\\", "\\\\").replace('"', '\\"')
%>\
"""${message | literal}

Say why, in a sentence or two; a number where there is one. One reason a revision: expand, backfill and contract are three.

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date.strftime("%Y-%m-%d %H:%M")}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


# Name every constraint. A column that goes is retired (op.retire_column), not dropped; the downgrade brings it back.
def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
