-- The inventory schema of a module that never was, put through by hand: nobody's, so it stays as it is.
-- scripts: backend/alembic/versions/001_create_inventory_schema.py
-- needs: states 1-27
-- outcome: home
CREATE SCHEMA inventory;
CREATE TYPE inventory.movement_type_enum AS ENUM ('IN', 'OUT', 'TRANSFER', 'ADJUSTMENT');
CREATE TYPE inventory.reason_direction_enum AS ENUM ('IN', 'OUT', 'BOTH');
CREATE TYPE inventory.location_type_enum AS ENUM ('principal', 'bar', 'deposito');
CREATE TABLE inventory.categories (
    id SERIAL PRIMARY KEY, organization_id INTEGER NOT NULL, name VARCHAR(255) NOT NULL, description TEXT,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now(), updated_at TIMESTAMPTZ);
CREATE INDEX idx_categories_org_active ON inventory.categories (organization_id, is_active);
CREATE TABLE inventory.units (
    id SERIAL PRIMARY KEY, code VARCHAR(10) NOT NULL UNIQUE, name VARCHAR(100) NOT NULL, factor_to_base NUMERIC(18, 6) NOT NULL,
    is_active BOOLEAN NOT NULL, created_at TIMESTAMPTZ DEFAULT now());
CREATE TABLE inventory.products (
    id SERIAL PRIMARY KEY, organization_id INTEGER NOT NULL, name VARCHAR(255) NOT NULL, sku VARCHAR(100),
    category_id INTEGER NOT NULL REFERENCES inventory.categories (id), base_unit_id INTEGER NOT NULL
    REFERENCES inventory.units (id),
    barcode VARCHAR(100), min_stock NUMERIC(18, 3) NOT NULL, description TEXT, is_active BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now(), updated_at TIMESTAMPTZ);
CREATE INDEX idx_products_sku ON inventory.products (sku);
CREATE TABLE inventory.locations (
    id SERIAL PRIMARY KEY, organization_id INTEGER NOT NULL, name VARCHAR(255) NOT NULL, type inventory.location_type_enum NOT NULL,
    description TEXT, is_active BOOLEAN NOT NULL, created_at TIMESTAMPTZ DEFAULT now(), updated_at TIMESTAMPTZ);
CREATE TABLE inventory.movement_reasons (
    id SERIAL PRIMARY KEY, organization_id INTEGER NOT NULL, name VARCHAR(255) NOT NULL,
    direction inventory.reason_direction_enum NOT NULL,
    affects_cost BOOLEAN NOT NULL, accounting_code VARCHAR(50), is_active BOOLEAN NOT NULL);
CREATE TABLE inventory.stock_movements (
    id SERIAL PRIMARY KEY, organization_id INTEGER NOT NULL, movement_type inventory.movement_type_enum NOT NULL,
    reason_id INTEGER REFERENCES inventory.movement_reasons (id), document_date DATE NOT NULL, created_by INTEGER NOT NULL,
    location_from_id INTEGER REFERENCES inventory.locations (id), location_to_id INTEGER REFERENCES inventory.locations (id),
    created_at TIMESTAMPTZ DEFAULT now(), status VARCHAR(20) NOT NULL);
CREATE TABLE inventory.stock_movement_lines (
    id SERIAL PRIMARY KEY, movement_id INTEGER NOT NULL REFERENCES inventory.stock_movements (id) ON DELETE CASCADE,
    product_id INTEGER NOT NULL REFERENCES inventory.products (id), unit_id INTEGER NOT NULL REFERENCES inventory.units (id),
    qty NUMERIC(18, 3) NOT NULL, qty_base NUMERIC(18, 3) NOT NULL);
CREATE TABLE inventory.stock_levels (
    id SERIAL PRIMARY KEY, organization_id INTEGER NOT NULL, product_id INTEGER NOT NULL REFERENCES inventory.products (id),
    location_id INTEGER NOT NULL REFERENCES inventory.locations (id), on_hand NUMERIC(18, 3) NOT NULL,
    CONSTRAINT uq_stock_levels_org_product_location UNIQUE (organization_id, product_id, location_id));
INSERT INTO inventory.categories (organization_id, name, is_active) VALUES (1, 'Bebidas', true);
INSERT INTO inventory.units (code, name, factor_to_base, is_active) VALUES ('UN', 'Unidade', 1, true);
INSERT INTO inventory.products (organization_id, name, category_id, base_unit_id, min_stock, is_active) VALUES (1, 'Gelo', 1, 1,
    2.5, true);
