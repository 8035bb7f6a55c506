-- Times are microseconds since 1970-01-01T00:00:00Z; lists and maps are JSON.

-- How far something was read.
CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE document (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    workspace TEXT NOT NULL,
    place TEXT NOT NULL,
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    authors TEXT NOT NULL,
    tags TEXT NOT NULL,
    facts TEXT NOT NULL,
    modified INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT,
    hash TEXT NOT NULL,
    -- For each part the first byte of each cell's text.
    cells TEXT NOT NULL,
    UNIQUE (kind, workspace, place)
);
CREATE INDEX document_newest ON document (modified DESC, id DESC);
CREATE INDEX document_newest_of_kind ON document (kind, modified DESC, id DESC);

-- Authors and tags, folded for comparison and as they are written.
CREATE TABLE label (
    document INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    shown TEXT NOT NULL,
    PRIMARY KEY (document, name, value)
) WITHOUT ROWID;
CREATE INDEX label_value ON label (name, value, document);

CREATE VIRTUAL TABLE word USING fts5 (
    title, path, authors, tags, description, parameters, markdown, source, output, names,
    tokenize = 'unicode61 remove_diacritics 2',
    -- Longer beginnings are few enough to be looked for.
    prefix = '3 4'
);
-- What stands in a title says more than what stands in an output.
INSERT INTO word (word, rank) VALUES ('rank', 'bm25(12.0, 8.0, 6.0, 8.0, 5.0, 3.0, 2.0, 1.0, 0.5, 0.5)');

PRAGMA user_version = 2;
