-- The services, one row each.
CREATE TABLE services (
    name       TEXT PRIMARY KEY,
    protocol   TEXT NOT NULL DEFAULT 'tcp' CHECK (protocol IN ('tcp', 'udp')),
    port       INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535)
);

CREATE TABLE service_attributes (
    service    TEXT NOT NULL REFERENCES services (name) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (service, name)
);
