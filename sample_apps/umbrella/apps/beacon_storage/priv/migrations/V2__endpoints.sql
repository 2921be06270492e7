-- Where a service is found, until expires_at.
CREATE TABLE endpoints (
    service    TEXT NOT NULL REFERENCES services (name) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    ip         TEXT NOT NULL,
    port       INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
    expires_at TIMESTAMP NOT NULL,
    PRIMARY KEY (service, id)
);

CREATE INDEX endpoints_by_expiry ON endpoints (expires_at);
