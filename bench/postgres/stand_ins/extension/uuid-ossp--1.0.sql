-- uuid-ossp in plain SQL: every function with its signature. All of them do what the extension's do, but that a
-- UUID of version 1 holds a number drawn for this server where the extension writes the address of a network card.
--
-- Bodies of SQL are bound to what they call when they are made, so no search path and no other schema changes them.
CREATE FUNCTION pgproof_uuid_sha1(data bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
/* FIPS 180-4, section 6.1. */
DECLARE
    ones CONSTANT bigint := 4294967295;
    length CONSTANT integer := octet_length(data);
    message CONSTANT bytea := data || '\x80'::bytea || decode(repeat('00', (119 - length % 64) % 64), 'hex')
                              || int8send(length * 8::bigint);
    w bigint[];
    h bigint[] := ARRAY[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
    a bigint; b bigint; c bigint; d bigint; e bigint; x bigint;
BEGIN
    FOR block IN 0 .. octet_length(message) / 64 - 1 LOOP
        FOR i IN 1 .. 16 LOOP
            w[i] := ('x' || encode(substring(message FROM block * 64 + i * 4 - 3 FOR 4), 'hex'))::bit(32)::bigint;
        END LOOP;
        FOR i IN 17 .. 80 LOOP
            x := w[i - 3] # w[i - 8] # w[i - 14] # w[i - 16];
            w[i] := ((x << 1) | (x >> 31)) & ones;
        END LOOP;
        a := h[1]; b := h[2]; c := h[3]; d := h[4]; e := h[5];
        FOR i IN 1 .. 80 LOOP
            x := (((a << 5) | (a >> 27)) & ones) + e + w[i] + CASE
                WHEN i <= 20 THEN ((b & c) | ((b # ones) & d)) + 1518500249
                WHEN i <= 40 THEN (b # c # d) + 1859775393
                WHEN i <= 60 THEN ((b & c) | (b & d) | (c & d)) + 2400959708
                ELSE (b # c # d) + 3395469782
            END & ones;
            e := d; d := c; c := ((b << 30) | (b >> 2)) & ones; b := a; a := x & ones;
        END LOOP;
        h := ARRAY[h[1] + a & ones, h[2] + b & ones, h[3] + c & ones, h[4] + d & ones, h[5] + e & ones];
    END LOOP;
    RETURN decode(lpad(to_hex(h[1]), 8, '0') || lpad(to_hex(h[2]), 8, '0') || lpad(to_hex(h[3]), 8, '0')
                  || lpad(to_hex(h[4]), 8, '0') || lpad(to_hex(h[5]), 8, '0'), 'hex');
END
$$;

-- RFC 9562: version and variant over the first 16 bytes of a hash.
CREATE FUNCTION pgproof_uuid_of_hash(hash bytea, version integer) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(set_byte(set_byte(substring(hash FOR 16), 6, (get_byte(hash, 6) & 15) | (version << 4)),
                       8, (get_byte(hash, 8) & 63) | 128), 'hex')::uuid;

-- RFC 9562: 100 ns since 15 October 1582; a microsecond of the clock is ten of them.
CREATE FUNCTION pgproof_uuid_of_time(node bytea, sequence integer) RETURNS uuid
LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT encode(substring(t.bytes FROM 5 FOR 4) || substring(t.bytes FROM 3 FOR 2)
                  || set_byte(substring(t.bytes FROM 1 FOR 2), 0, (get_byte(t.bytes, 0) & 15) | 16)
                  || set_byte(substring(int4send(sequence) FROM 3 FOR 2), 0, (sequence >> 8 & 63) | 128)
                  || set_byte(node, 0, get_byte(node, 0) | 1), 'hex')::uuid
    FROM (SELECT int8send((extract(epoch FROM clock_timestamp()) * 10000000)::bigint + 122192928000000000
                          + (random() * 9)::integer) OFFSET 0) AS t (bytes);
END;

CREATE FUNCTION uuid_nil() RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '00000000-0000-0000-0000-000000000000'::uuid;

CREATE FUNCTION uuid_ns_dns() RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid;

CREATE FUNCTION uuid_ns_url() RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid;

CREATE FUNCTION uuid_ns_oid() RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::uuid;

CREATE FUNCTION uuid_ns_x500() RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::uuid;

-- The sequence is the process's number, so that two processes in the same microsecond differ.
CREATE FUNCTION uuid_generate_v1() RETURNS uuid
LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
RETURN pgproof_uuid_of_time(substring(decode(md5(pg_postmaster_start_time()::text), 'hex') FOR 6), pg_backend_pid());

CREATE FUNCTION uuid_generate_v1mc() RETURNS uuid
LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
RETURN pgproof_uuid_of_time(substring(uuid_send(gen_random_uuid()) FOR 6), pg_backend_pid());

CREATE FUNCTION uuid_generate_v3(namespace uuid, name text) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pgproof_uuid_of_hash(
    decode(md5(uuid_send(namespace) || convert_to(name, getdatabaseencoding())), 'hex'), 3);

CREATE FUNCTION uuid_generate_v4() RETURNS uuid
LANGUAGE sql VOLATILE STRICT PARALLEL SAFE RETURN gen_random_uuid();

CREATE FUNCTION uuid_generate_v5(namespace uuid, name text) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pgproof_uuid_of_hash(
    pgproof_uuid_sha1(uuid_send(namespace) || convert_to(name, getdatabaseencoding())), 5);
