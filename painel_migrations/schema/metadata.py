"""The one MetaData every table of the schema belongs to."""

import sqlalchemy as sa

from homecoming.schema.dialects import NAMES

metadata = sa.MetaData(naming_convention=NAMES)
