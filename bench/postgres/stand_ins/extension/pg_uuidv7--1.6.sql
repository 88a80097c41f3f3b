-- pg_uuidv7 in plain SQL: every function with its signature, by those that PostgreSQL 18 has itself.
CREATE FUNCTION uuid_generate_v7() RETURNS uuid
LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
RETURN uuidv7();

CREATE FUNCTION uuid_v7_to_timestamptz(uuid) RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN uuid_extract_timestamp($1);

CREATE FUNCTION uuid_v7_to_timestamp(uuid) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN uuid_extract_timestamp($1) AT TIME ZONE 'UTC';

-- RFC 9562, section 5.7: 48 bits of milliseconds, then random bits, with version and variant between them.
CREATE FUNCTION uuid_timestamptz_to_v7(timestamptz, zero boolean DEFAULT false) RETURNS uuid
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT encode(set_byte(set_byte(b.bytes, 6, (get_byte(b.bytes, 6) & 15) | 112),
                           8, (get_byte(b.bytes, 8) & 63) | 128), 'hex')::uuid
    FROM (SELECT substring(int8send(floor(extract(epoch FROM $1) * 1000)::bigint) FROM 3)
                 || substring(CASE WHEN zero THEN decode(repeat('00', 16), 'hex') ELSE uuid_send(gen_random_uuid()) END FROM 7)
          OFFSET 0) AS b (bytes);
END;

CREATE FUNCTION uuid_timestamp_to_v7(timestamp, zero boolean DEFAULT false) RETURNS uuid
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN uuid_timestamptz_to_v7($1 AT TIME ZONE 'UTC', zero);
