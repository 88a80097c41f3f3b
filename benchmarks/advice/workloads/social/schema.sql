-- A social feed: keys, and an index here and there.
CREATE EXTENSION pg_trgm;

CREATE TABLE account (
    account_id integer PRIMARY KEY,
    handle text NOT NULL UNIQUE,
    display_name text NOT NULL,
    bio text NOT NULL,
    language text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE follow (
    follower_id integer NOT NULL REFERENCES account,
    followee_id integer NOT NULL REFERENCES account,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (follower_id, followee_id)
);
-- One too many: the primary key begins with it.
CREATE INDEX follow_follower_id_idx ON follow (follower_id);

CREATE TABLE post (
    post_id bigint PRIMARY KEY,
    author_id integer NOT NULL REFERENCES account,
    body text NOT NULL,
    hashtags text[] NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE reaction (
    post_id bigint NOT NULL REFERENCES post,
    account_id integer NOT NULL REFERENCES account,
    kind text NOT NULL CHECK (kind IN ('like', 'laugh', 'sad', 'angry')),
    PRIMARY KEY (post_id, account_id)
);

CREATE TABLE comment (
    comment_id bigint PRIMARY KEY,
    post_id bigint NOT NULL REFERENCES post,
    author_id integer NOT NULL REFERENCES account,
    body text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE notification (
    notification_id bigint PRIMARY KEY,
    account_id integer NOT NULL REFERENCES account,
    kind text NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    read_at timestamptz
);

CREATE TABLE conversation (conversation_id integer PRIMARY KEY, topic text NOT NULL);

CREATE TABLE message (
    message_id bigint PRIMARY KEY,
    conversation_id integer NOT NULL REFERENCES conversation,
    sender_id integer NOT NULL REFERENCES account,
    body text NOT NULL,
    sent_at timestamptz NOT NULL
);

CREATE TABLE device_session (
    session_id integer PRIMARY KEY,
    account_id integer NOT NULL REFERENCES account,
    token text NOT NULL,
    last_seen_at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE abuse_report (
    report_id integer PRIMARY KEY,
    post_id bigint NOT NULL REFERENCES post,
    state text NOT NULL CHECK (state IN ('open', 'closed')),
    reason text NOT NULL,
    reported_at timestamptz NOT NULL
);

CREATE TABLE event_log (
    event_id bigint PRIMARY KEY,
    account_id integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('open', 'scroll', 'tap', 'close')),
    detail text NOT NULL,
    occurred_at timestamptz NOT NULL
);
