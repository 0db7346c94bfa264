<%!
    import json


    def literal(text):
        """A title as the inside of a docstring: one line, whatever was typed."""
        line = "".join(sign if sign.isprintable() else " " for sign in text)
        return " ".join(line.split()).replace("\\", "\\\\").replace('"', '\\"')


    def quoted(value):
        """A number in double quotes, as the files are formatted, or None."""
        return json.dumps(value) if isinstance(value, str) else repr(value)


    def said(operations):
        """The operations without the remark that they want adjusting: they do not."""
        lines = (operations or "pass").splitlines()
        return "\n".join(line for line in lines if not line.lstrip().startswith("# ###")).strip() or "pass"


    def sorted_in(imports, behind):
        """The imports that stand before or behind Alembic's, each in its line."""
        lines = (imports or "").splitlines()
        return "".join(f"{line}\n" for line in lines if line.startswith("from sqlalchemy") is behind)
%>\
"""${message | literal}

Say why, in a sentence or two; a number where there is one. One reason a revision.

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date.strftime("%Y-%m-%d %H:%M")}
"""

${sorted_in(imports, False)}from alembic import op
${sorted_in(imports, True)}
revision = ${quoted(up_revision)}
down_revision = ${quoted(down_revision)}
branch_labels = ${quoted(branch_labels)}
depends_on = ${quoted(depends_on)}


# A column or table that goes is retired, not dropped.
def upgrade() -> None:
    ${said(upgrades)}


def downgrade() -> None:
    op.undo()
