-- Version 2: who may do what. Of every secret there is only its SHA-256.

-- In the plural, since Postgres keeps the other word for itself.
CREATE TABLE users (
    id {id} PRIMARY KEY,
    name {id} NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    email TEXT,
    issuer {id},
    subject {id},
    disabled_at {int},
    created_at {int} NOT NULL
);
CREATE UNIQUE INDEX users_identity ON users (issuer, subject) WHERE issuer IS NOT NULL;

-- What somebody is in a workspace; `*` is all of them.
CREATE TABLE user_role (
    user_id {id} NOT NULL,
    workspace {id} NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (user_id, workspace)
);

CREATE TABLE token (
    id {id} PRIMARY KEY,
    user_id {id} NOT NULL,
    name TEXT NOT NULL,
    sha256 {id} NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at {int} NOT NULL,
    expires_at {int},
    last_used_at {int},
    revoked_at {int}
);
CREATE INDEX token_of_user ON token (user_id, id);

-- Links that sign somebody in once.
CREATE TABLE sign_in_link (
    sha256 {id} PRIMARY KEY,
    user_id {id} NOT NULL,
    until {int} NOT NULL,
    used_at {int}
);
CREATE INDEX sign_in_link_until ON sign_in_link (until);

-- Browsers that are signed in; those that showed an API token for as long as that is valid.
CREATE TABLE sign_in (
    sha256 {id} PRIMARY KEY,
    user_id {id} NOT NULL,
    token {id},
    created_at {int} NOT NULL,
    until {int} NOT NULL
);
CREATE INDEX sign_in_of_user ON sign_in (user_id);
CREATE INDEX sign_in_until ON sign_in (until);

-- Links with which a stranger reads one thing.
CREATE TABLE share (
    id {id} PRIMARY KEY,
    workspace {id} NOT NULL,
    sha256 {id} NOT NULL UNIQUE,
    target TEXT NOT NULL,
    created_at {int} NOT NULL,
    created_by TEXT NOT NULL,
    expires_at {int} NOT NULL,
    revoked_at {int}
);
CREATE INDEX share_of_workspace ON share (workspace, id);
