-- +goose Up
-- The places, and the times that they count in.
CREATE TABLE tenant (
  id               TEXT PRIMARY KEY,
  code             TEXT NOT NULL UNIQUE,           -- begins the sign-in names that are made here
  name             TEXT NOT NULL,
  short_name       TEXT NOT NULL,
  level            TEXT NOT NULL CHECK (level IN ('nation', 'province', 'city', 'county')),
  region_code      TEXT NOT NULL DEFAULT '',
  region           TEXT NOT NULL DEFAULT '',
  parent           TEXT REFERENCES tenant (id),
  chosen_session   TEXT NOT NULL DEFAULT '',       -- overrides the session that the date gives
  logins           INTEGER NOT NULL DEFAULT 0,     -- how many sign-in names were made
  created_at       TEXT NOT NULL,
  version          INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX tenant_parent ON tenant (parent);

CREATE TABLE term (
  tenant  TEXT NOT NULL REFERENCES tenant (id),
  id      TEXT NOT NULL,
  no      INTEGER NOT NULL CHECK (no > 0),
  name    TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on   TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, no)
);

CREATE TABLE session (
  tenant      TEXT NOT NULL,
  id          TEXT NOT NULL,
  term        TEXT NOT NULL,
  no          INTEGER NOT NULL CHECK (no > 0),
  title       TEXT NOT NULL,
  year        INTEGER NOT NULL,
  opens_on    TEXT NOT NULL,
  closes_on   TEXT NOT NULL,
  cutoff_at   TEXT NOT NULL DEFAULT '',
  counts_from TEXT NOT NULL,
  version     INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, term, no),
  FOREIGN KEY (tenant, term) REFERENCES term (tenant, id)
);

CREATE TABLE calendar_day (
  tenant TEXT NOT NULL REFERENCES tenant (id),
  day_on TEXT NOT NULL,
  kind   TEXT NOT NULL CHECK (kind IN ('', 'holiday', 'workday')), -- '': back to the plain week
  name   TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant, day_on)
);

-- The people and what they belong to.
CREATE TABLE person (
  tenant     TEXT NOT NULL REFERENCES tenant (id),
  id         TEXT NOT NULL,
  name       TEXT NOT NULL,
  sex        TEXT NOT NULL DEFAULT '' CHECK (sex IN ('', 'f', 'm')),
  birth_year INTEGER NOT NULL DEFAULT 0,
  post       TEXT NOT NULL DEFAULT '',
  phone      TEXT NOT NULL DEFAULT '',
  email      TEXT NOT NULL DEFAULT '',
  address    TEXT NOT NULL DEFAULT '',
  postcode   TEXT NOT NULL DEFAULT '',
  member_no  TEXT NOT NULL DEFAULT '',
  active     BOOLEAN NOT NULL DEFAULT TRUE,
  created_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  changed_by TEXT NOT NULL DEFAULT '',
  version    INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX person_member_no ON person (tenant, member_no) WHERE member_no <> '';
CREATE INDEX person_name ON person (tenant, name);

-- What a person's record said before each change.
CREATE TABLE person_past (
  tenant     TEXT NOT NULL,
  id         TEXT NOT NULL,
  version    INTEGER NOT NULL,
  name       TEXT NOT NULL,
  sex        TEXT NOT NULL,
  birth_year INTEGER NOT NULL,
  post       TEXT NOT NULL,
  phone      TEXT NOT NULL,
  email      TEXT NOT NULL,
  address    TEXT NOT NULL,
  postcode   TEXT NOT NULL,
  member_no  TEXT NOT NULL,
  active     BOOLEAN NOT NULL,
  created_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  PRIMARY KEY (tenant, id, version),
  FOREIGN KEY (tenant, id) REFERENCES person (tenant, id)
);

CREATE TABLE body (
  tenant     TEXT NOT NULL REFERENCES tenant (id),
  id         TEXT NOT NULL,
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,
  short_name TEXT NOT NULL DEFAULT '',
  parent     TEXT NOT NULL DEFAULT '',
  system     TEXT NOT NULL DEFAULT '',
  phone      TEXT NOT NULL DEFAULT '',
  contact    TEXT NOT NULL DEFAULT '',
  position   INTEGER NOT NULL DEFAULT 0,
  active     BOOLEAN NOT NULL DEFAULT TRUE,
  version    INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, kind, name)
);

CREATE TABLE membership (
  tenant  TEXT NOT NULL,
  id      TEXT NOT NULL,
  person  TEXT NOT NULL,
  body    TEXT NOT NULL,
  term    TEXT NOT NULL DEFAULT '',
  title   TEXT NOT NULL DEFAULT '',
  officer BOOLEAN NOT NULL DEFAULT FALSE,
  from_on TEXT NOT NULL,
  to_on   TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id),
  FOREIGN KEY (tenant, body) REFERENCES body (tenant, id)
);
CREATE INDEX membership_person ON membership (tenant, person);
CREATE INDEX membership_body ON membership (tenant, body);

-- A seat makes a person a member (委员) or standing member (常委) for a time.
CREATE TABLE seat (
  tenant  TEXT NOT NULL,
  id      TEXT NOT NULL,
  person  TEXT NOT NULL,
  term    TEXT NOT NULL,
  kind    TEXT NOT NULL CHECK (kind IN ('member', 'standing_member')),
  from_on TEXT NOT NULL,
  to_on   TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id),
  FOREIGN KEY (tenant, term) REFERENCES term (tenant, id)
);
CREATE INDEX seat_person ON seat (tenant, person);
CREATE INDEX seat_term ON seat (tenant, term, kind);

-- Who may sign in, and as what.
CREATE TABLE account (
  id              TEXT PRIMARY KEY,
  home            TEXT NOT NULL REFERENCES tenant (id), -- whose administrator may reset it
  login           TEXT NOT NULL UNIQUE,
  email           TEXT NOT NULL DEFAULT '',
  password        TEXT NOT NULL,
  must_change     BOOLEAN NOT NULL DEFAULT TRUE,
  totp_secret     TEXT NOT NULL DEFAULT '',             -- encrypted with a key outside the database
  totp_on         BOOLEAN NOT NULL DEFAULT FALSE,
  totp_step       BIGINT NOT NULL DEFAULT 0,            -- the last code's time step, so that none is used twice
  active          BOOLEAN NOT NULL DEFAULT TRUE,
  last_grant      TEXT NOT NULL DEFAULT '',
  last_sign_in_at TEXT NOT NULL DEFAULT '',
  created_at      TEXT NOT NULL,
  version         INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX account_home ON account (home);

CREATE TABLE account_recovery (
  account TEXT NOT NULL REFERENCES account (id),
  code    TEXT NOT NULL,                                -- keyed hash
  PRIMARY KEY (account, code)
);

-- Failures by the name that was typed, known or not: an unknown name locks just
-- as a known one does, so that nobody learns which names exist.
CREATE TABLE sign_in_failure (
  login        TEXT PRIMARY KEY,                        -- keyed hash
  failed       INTEGER NOT NULL,
  failed_at    TEXT NOT NULL,
  locked_until TEXT NOT NULL DEFAULT ''
);

CREATE TABLE grant_role (
  tenant  TEXT NOT NULL,
  id      TEXT NOT NULL,
  account TEXT NOT NULL REFERENCES account (id),
  person  TEXT NOT NULL,
  role    TEXT NOT NULL,
  body    TEXT NOT NULL DEFAULT '',
  from_on TEXT NOT NULL,
  to_on   TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id)
);
CREATE INDEX grant_role_account ON grant_role (account);
CREATE INDEX grant_role_role ON grant_role (tenant, role, body);
CREATE INDEX grant_role_person ON grant_role (tenant, person);

CREATE TABLE sign_in (
  id           TEXT PRIMARY KEY,
  token        TEXT NOT NULL UNIQUE,                    -- hash
  account      TEXT NOT NULL REFERENCES account (id),
  tenant       TEXT NOT NULL,
  grant_id     TEXT NOT NULL,
  step         TEXT NOT NULL DEFAULT '' CHECK (step IN ('', 'totp', 'password')),
  created_at   TEXT NOT NULL,
  last_seen_at TEXT NOT NULL,
  expires_at   TEXT NOT NULL,
  fresh_at     TEXT NOT NULL,
  ended_at     TEXT NOT NULL DEFAULT '',
  ip           TEXT NOT NULL DEFAULT '',
  agent        TEXT NOT NULL DEFAULT ''
);
CREATE INDEX sign_in_account ON sign_in (account);
CREATE INDEX sign_in_tenant ON sign_in (tenant, id);

CREATE TABLE api_token (
  id           TEXT PRIMARY KEY,
  token        TEXT NOT NULL UNIQUE,                    -- hash
  account      TEXT NOT NULL REFERENCES account (id),
  tenant       TEXT NOT NULL,
  grant_id     TEXT NOT NULL,
  name         TEXT NOT NULL,
  scopes       TEXT NOT NULL,
  created_at   TEXT NOT NULL,
  expires_at   TEXT NOT NULL,
  last_used_at TEXT NOT NULL DEFAULT '',
  revoked_at   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX api_token_account ON api_token (account);
