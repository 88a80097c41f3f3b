-- pgcrypto in plain SQL: every function with its signature. Hashes, HMAC, random bytes, UUIDs, passwords by bcrypt and
-- MD5, and armor are what the extension makes, digit by digit, but slower (a password by bcrypt of cost 6 takes about a
-- second). Ciphers, OpenPGP, passwords by DES and other hashes raise an error that says so.
--
-- Bodies of SQL are bound to what they call when they are made, so no search path and no other schema changes them.
CREATE FUNCTION pgproof_pgcrypto_lacks(what text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto has no %', what
        USING ERRCODE = 'feature_not_supported', HINT = 'Use a server that has pgcrypto: --server local, docker or dsn.';
END
$$;

CREATE FUNCTION pgproof_pgcrypto_sha1(data bytea) RETURNS bytea
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

CREATE FUNCTION digest(bytea, text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE replace(lower($2), 'sha-', 'sha')
    WHEN 'md5' THEN decode(md5($1), 'hex')
    WHEN 'sha1' THEN pgproof_pgcrypto_sha1($1)
    WHEN 'sha224' THEN sha224($1)
    WHEN 'sha256' THEN sha256($1)
    WHEN 'sha384' THEN sha384($1)
    WHEN 'sha512' THEN sha512($1)
    ELSE pgproof_pgcrypto_lacks('hash ' || quote_ident($2))
END;

CREATE FUNCTION digest(text, text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN digest(convert_to($1, getdatabaseencoding()), $2);

-- RFC 2104: the key, filled up to a block of the hash, each byte XOR a constant.
CREATE FUNCTION pgproof_pgcrypto_pad(key bytea, type text, constant_byte integer) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    size CONSTANT integer := CASE WHEN type ~* '384|512' THEN 128 ELSE 64 END;
    padded bytea := key || decode(repeat('00', size - octet_length(key)), 'hex');
BEGIN
    FOR i IN 0 .. size - 1 LOOP
        padded := set_byte(padded, i, get_byte(padded, i) # constant_byte);
    END LOOP;
    RETURN padded;
END
$$;

CREATE FUNCTION hmac(bytea, bytea, text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT digest(pgproof_pgcrypto_pad(k.short, $3, 92)
                  || digest(pgproof_pgcrypto_pad(k.short, $3, 54) || $1, $3), $3)
    FROM (SELECT CASE WHEN octet_length($2) > CASE WHEN $3 ~* '384|512' THEN 128 ELSE 64 END
                      THEN digest($2, $3) ELSE $2 END) AS k (short);
END;

CREATE FUNCTION hmac(text, text, text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hmac(convert_to($1, getdatabaseencoding()), convert_to($2, getdatabaseencoding()), $3);

CREATE FUNCTION gen_random_uuid() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN pg_catalog.gen_random_uuid();

-- All bytes of a random UUID are random but the seventh and the ninth.
CREATE FUNCTION pgproof_pgcrypto_random(length integer) RETURNS bytea
LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    drawn bytea;
    bytes bytea := '';
BEGIN
    IF length NOT BETWEEN 1 AND 1024 THEN
        RAISE EXCEPTION 'Length not in range' USING ERRCODE = 'external_routine_invocation_exception';
    END IF;
    WHILE octet_length(bytes) < length LOOP
        drawn := uuid_send(gen_random_uuid());
        bytes := bytes || substring(drawn FOR 6) || substring(drawn FROM 8 FOR 1) || substring(drawn FROM 10);
    END LOOP;
    RETURN substring(bytes FOR length);
END
$$;

CREATE FUNCTION gen_random_bytes(integer) RETURNS bytea
LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
RETURN pgproof_pgcrypto_random($1);

CREATE FUNCTION pgproof_pgcrypto_salt(type text, rounds integer, random bytea) RETURNS text
LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    base64 CONSTANT text := 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=';
BEGIN
    CASE type
        WHEN 'bf' THEN
            rounds := CASE rounds WHEN 0 THEN 6 ELSE rounds END;
            IF rounds NOT BETWEEN 4 AND 31 THEN
                RAISE EXCEPTION 'gen_salt: Incorrect number of rounds' USING ERRCODE = 'invalid_parameter_value';
            END IF;
            RETURN '$2a$' || lpad(rounds::text, 2, '0') || '$' || translate(encode(random, 'base64'), base64,
                './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
        WHEN 'md5' THEN
            IF rounds NOT IN (0, 1000) THEN
                RAISE EXCEPTION 'gen_salt: Incorrect number of rounds' USING ERRCODE = 'invalid_parameter_value';
            END IF;
            RETURN '$1$' || left(translate(encode(random, 'base64'), base64,
                './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'), 8);
        WHEN 'des', 'xdes', 'sha256crypt', 'sha512crypt' THEN
            RAISE EXCEPTION 'the stand-in for pgcrypto has no passwords by %', type
                USING ERRCODE = 'feature_not_supported',
                      HINT = 'It has bf and md5; or use a server that has pgcrypto: --server local, docker or dsn.';
        ELSE
            RAISE EXCEPTION 'gen_salt: Unknown salt algorithm' USING ERRCODE = 'invalid_parameter_value';
    END CASE;
END
$$;

CREATE FUNCTION gen_salt(text) RETURNS text
LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
RETURN pgproof_pgcrypto_salt(lower($1), 0, gen_random_bytes(16));

CREATE FUNCTION gen_salt(text, integer) RETURNS text
LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
RETURN pgproof_pgcrypto_salt(lower($1), $2, gen_random_bytes(16));

CREATE FUNCTION pgproof_pgcrypto_md5(password bytea, salt bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
/* FreeBSD's crypt of 1994 (Poul-Henning Kamp). */
DECLARE
    alphabet CONSTANT text := './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    length CONSTANT integer := octet_length(password);
    triples CONSTANT integer[] := ARRAY[[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]];
    hash bytea := decode(md5(password || salt || password), 'hex');
    text_so_far bytea := password || '$1$'::bytea || salt;
    bits integer := length;
    value integer;
    result text := '';
BEGIN
    FOR i IN 0 .. (length - 1) / 16 LOOP
        text_so_far := text_so_far || substring(hash FOR least(16, length - i * 16));
    END LOOP;
    WHILE bits > 0 LOOP
        text_so_far := text_so_far || CASE bits & 1 WHEN 1 THEN '\x00'::bytea ELSE substring(password FOR 1) END;
        bits := bits >> 1;
    END LOOP;
    hash := decode(md5(text_so_far), 'hex');
    FOR i IN 0 .. 999 LOOP
        hash := decode(md5(CASE i % 2 WHEN 1 THEN password ELSE hash END
                           || CASE WHEN i % 3 > 0 THEN salt ELSE '' END
                           || CASE WHEN i % 7 > 0 THEN password ELSE '' END
                           || CASE i % 2 WHEN 1 THEN hash ELSE password END), 'hex');
    END LOOP;
    FOR i IN 1 .. 6 LOOP
        value := CASE WHEN i = 6 THEN get_byte(hash, 11) ELSE
            (get_byte(hash, triples[i][1]) << 16) + (get_byte(hash, triples[i][2]) << 8)
            + get_byte(hash, triples[i][3]) END;
        FOR n IN 1 .. CASE WHEN i = 6 THEN 2 ELSE 4 END LOOP
            result := result || substr(alphabet, 1 + value % 64, 1);
            value := value / 64;
        END LOOP;
    END LOOP;
    RETURN '$1$' || convert_from(salt, 'SQL_ASCII') || '$' || result;
END
$$;

CREATE FUNCTION pgproof_pgcrypto_bcrypt(password bytea, setting text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
/* Provos and Mazieres, "A Future-Adaptable Password Scheme" (USENIX 1999). The array b holds Blowfish's 18 keys of
   rounds and its four tables of 256 words, which begin as the digits of pi. */
DECLARE
    ones CONSTANT bigint := 4294967295;
    ours CONSTANT text := './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    base64 CONSTANT text := 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    pi CONSTANT text := translate('
        243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89452821e638d01377be5466cf34e90c6cc0ac29b7c97c50dd
        3f84d5b5b54709179216d5d98979fb1bd1310ba698dfb5ac2ffd72dbd01adfb7b8e1afed6a267e96ba7c9045f12c7f9924a19947b3916cf7
        0801f2e2858efc16636920d871574e69a458fea3f4933d7e0d95748f728eb658718bcd5882154aee7b54a41dc25a59b59c30d5392af26013
        c5d1b023286085f0ca417918b8db38ef8e79dcb0603a180e6c9e0e8bb01e8a3ed71577c1bd314b2778af2fda55605c60e65525f3aa55ab94
        5748986263e8144055ca396a2aab10b6b4cc5c341141e8cea15486af7c72e993b3ee1411636fbc2a2ba9c55d741831f6ce5c3e169b87931e
        afd6ba336c24cf5c7a325381289586773b8f48986b4bb9afc4bfe81b6628219361d809ccfb21a991487cac605dec8032ef845d5de98575b1
        dc262302eb651b8823893e81d396acc50f6d6ff383f442392e0b4482a484200469c8f04a9e1f9b5e21c66842f6e96c9a670c9c61abd388f0
        6a51a0d2d8542f68960fa728ab5133a36eef0b6c137a3be4ba3bf0507efb2a98a1f1651d39af017666ca593e82430e888cee8619456f9fb4
        7d84a5c33b8b5ebee06f75d885c12073401a449f56c16aa64ed3aa62363f77061bfedf72429b023d37d0d724d00a1248db0fead349f1c09b
        075372c980991b7b25d479d8f6e8def7e3fe501ab6794c3b976ce0bd04c006bac1a94fb6409f60c45e5c9ec2196a246368fb6faf3e6c53b5
        1339b2eb3b52ec6f6dfc511f9b30952ccc814544af5ebd09bee3d004de334afd660f2807192e4bb3c0cba85745c8740fd20b5f39b9d3fbdb
        5579c0bd1a60320ad6a100c6402c7279679f25fefb1fa3cc8ea5e9f8db3222f83c7516dffd616b152f501ec8ad0552ab323db5fafd238760
        53317b483e00df829e5c57bbca6f8ca01a87562edf1769dbd542a8f6287effc3ac6732c68c4f5573695b27b0bbca58c8e1ffa35db8f011a0
        10fa3d98fd2183b84afcb56c2dd1d35b9a53e479b6f84565d28e49bc4bfb9790e1ddf2daa4cb7e3362fb1341cee4c6e8ef20cada36774c01
        d07e9efe2bf11fb495dbda4dae909198eaad8e716b93d5a0d08ed1d0afc725e08e3c5b2f8e7594b78ff6e2fbf2122b648888b812900df01c
        4fad5ea0688fc31cd1cff191b3a8c1ad2f2f2218be0e1777ea752dfe8b021fa1e5a0cc0fb56f74e818acf3d6ce89e299b4a84fe0fd13e0b7
        7cc43b81d2ada8d9165fa2668095770593cc7314211a1477e6ad206577b5fa86c75442f5fb9d35cfebcdaf0c7b3e89a0d6411bd3ae1e7e49
        00250e2d2071b35e226800bb57b8e0af2464369bf009b91e5563911d59dfa6aa78c14389d95a537f207d5ba202e5b9c5832603766295cfa9
        11c819684e734a41b3472dca7b14a94a1b5100529a532915d60f573fbc9bc6e42b60a47681e6740008ba6fb5571be91ff296ec6b2a0dd915
        b6636521e7b9f9b6ff34052ec585566453b02d5da99f8fa108ba47996e85076a4b7a70e9b5b32944db75092ec4192623ad6ea6b049a7df7d
        9cee60b88fedb266ecaa8c71699a17ff5664526cc2b19ee1193602a575094c29a0591340e4183a3e3f54989a5b429d656b8fe4d699f73fd6
        a1d29c07efe830f54d2d38e6f0255dc14cdd20868470eb266382e9c6021ecc5e09686b3f3ebaefc93c9718146b6a70a1687f358452a0e286
        b79c5305aa5007373e07841c7fdeae5c8e7d44ec5716f2b8b03ada37f0500c0df01c1f040200b3ffae0cf51a3cb574b225837a58dc0921bd
        d19113f97ca92ff69432477322f547013ae5e58137c2dadcc8b576349af3dda7a94461460fd0030eecc8c73ea4751e41e238cd993bea0e2f
        3280bba1183eb3314e548b384f6db9086f420d03f60a04bf2cb8129024977c795679b072bcaf89afde9a771fd9930810b38bae12dccf3f2e
        5512721f2e6b7124501adde69f84cd877a5847187408da17bc9f9abce94b7d8cec7aec3adb851dfa63094366c464c3d2ef1c18473215d908
        dd433b3724c2ba1612a14d432a65c45150940002133ae4dd71dff89e10314e5581ac77d65f11199b043556f1d7a3c76b3c11183b5924a509
        f28fe6ed97f1fbfa9ebabf2c1e153c6e86e34570eae96fb1860e5e0a5a3e2ab3771fe71c4e3d06fa2965dcb999e71d0f803e89d65266c825
        2e4cc9789c10b36ac6150eba94e2ea78a5fc3c531e0a2df4f2f74ea7361d2b3d1939260f19c279605223a708f71312b6ebadfe6eeac31f66
        e3bc4595a67bc883b17f37d1018cff28c332ddefbe6c5aa56558218568ab9802eecea50fdb2f953b2aef7dad5b6e2f841521b62829076170
        ecdd4775619f151013cca830eb61bd960334fe1eaa0363cfb5735c904c70a239d59e9e0bcbaade14eecc86bc60622ca79cab5cabb2f3846e
        648b1eaf19bdf0caa02369b9655abb5040685a323c2ab4b3319ee9d5c021b8f79b540b19875fa09995f7997e623d7da8f837889a97e32d77
        11ed935f166812810e358829c7e61fd696dedfa17858ba9957f584a51b2272639b83c3ff1ac24696cdb30aeb532e30548fd948e46dbc3128
        58ebf2ef34c6ffeafe28ed61ee7c3c735d4a14d9e864b7e342105d14203e13e045eee2b6a3aaabeadb6c4f15facb4fd0c742f442ef6abbb5
        654f3b1d41cd2105d81e799e86854dc7e44b476a3d816250cf62a1f25b8d2646fc8883a0c1c7b6a37f1524c369cb749247848a0b5692b285
        095bbf00ad19489d1462b17423820e0058428d2a0c55f5ea1dadf43e233f70613372f0928d937e41d65fecf16c223bdb7cde3759cbee7460
        4085f2a7ce77326ea607808419f8509ee8efd85561d99735a969a7aac50c06c25a04abfc800bcadc9e447a2ec3453484fdd567050e1e9ec9
        db73dbd3105588cd675fda79e3674340c5c43465713e38d83d28f89ef16dff20153e21e78fb03d4ae6e39f2bdb83adf7e93d5a68948140f7
        f64c261c94692934411520f77602d4f7bcf46b2ed4a20068d40824713320f46a43b7d4b7500061af1e39f62e9724454614214f74bf8b8840
        4d95fc1d96b591af70f4ddd366a02f45bfbc09ec03bd97857fac6dd031cb850496eb27b355fd3941da2547e6abca0a9a28507825530429f4
        0a2c86dae9b66dfb68dc1462d7486900680ec0a427a18dee4f3ffea2e887ad8cb58ce0067af4d6b6aace1e7cd3375fecce78a399406b2a42
        20fe9e35d9f385b9ee39d7ab3b124e8b1dc9faf74b6d185626a36631eae397b23a6efa74dd5b43326841e7f7ca7820fbfb0af54ed8feb397
        454056acba48952755533a3a20838d87fe6ba9b7d096954b55a867bca1159a58cca9296399e1db33a62a4a563f3125f95ef47e1c9029317c
        fdf8e80204272f7080bb155c05282ce395c11548e4c66d2248c1133fc70f86dc07f9c9ee41041f0f404779a45d886e17325f51ebd59bc0d1
        f2bcc18f41113564257b7834602a9c60dff8e8a31f636c1b0e12b4c202e1329eaf664fd1cad181156b2395e0333e92e13b240b62eebeb922
        85b2a20ee6ba0d99de720c8c2da2f728d012784595b794fd647d0862e7ccf5f05449a36f877d48fac39dfd27f33e8d1e0a476341992eff74
        3a6f6eabf4f8fd37a812dc60a1ebddf8991be14cdb6e6b0dc67b55106d672c372765d43bdcd0e804f1290dc7cc00ffa3b5390f92690fed0b
        667b9ffbcedb7d9ca091cf0bd9155ea3bb132f88515bad247b9479bf763bd6eb37392eb3cc1159798026e297f42e312d6842ada7c66a2b3b
        12754ccc782ef11c6a124237b79251e706a1bbe64bfb63501a6b101811caedfa3d25bdd8e2e1c3c9444216590a121386d90cec6ed5abea2a
        64af674eda86a85fbebfe98864e4c3fe9dbc8057f0f7c08660787bf86003604dd1fd8346f6381fb07745ae04d736fccc83426b33f01eab71
        b08041873c005e5f77a057bebde8ae2455464299bf582e614e58f48ff2ddfda2f474ef388789bdc25366f9c3c8b38e74b475f25546fcd9b9
        7aeb26618b1ddf84846a0e79915f95e2466e598e20b457708cd55591c902de4cb90bace1bb8205d011a862487574a99eb77f19b6e0a9dc09
        662d09a1c4324633e85a1f0209f0be8c4a99a0251d6efe101ab93d1d0ba5a4dfa186f20f2868f169dcb7da83573906fea1e2ce9b4fcd7f52
        50115e01a70683faa002b5c40de6d0279af88c27773f8641c3604c0661a806b5f0177a28c0f586e0006058aa30dc7d6211e69ed72338ea63
        53c2dd94c2c21634bbcbee5690bcb6deebfc7da1ce591d766f05e4094b7c018839720a3d7c927c2486e3725f724d9db91ac15bb4d39eb8fc
        ed54557808fca5b5d83d7cd34dad0fc41e50ef5eb161e6f8a28514d96c51133c6fd5c7e756e14ec4362abfceddc6c837d79a323492638212
        670efa8e406000e03a39ce37d3faf5cfabc277375ac52d1b5cb0679e4fa33742d382274099bc9bbed5118e9dbf0f7315d62d1c7ec700c47b
        b78c1b6b21a19045b26eb1be6a366eb45748ab2fbc946e79c6a376d26549c2c8530ff8ee468dde7dd5730a1d4cd04dc62939bbdba9ba4650
        ac9526e8be5ee304a1fad5f06a2d519a63ef8ce29a86ee22c089c2b843242ef6a51e03aa9cf2d0a483c061ba9be96a4d8fe51550ba645bd6
        2826a2f9a73a3ae14ba99586ef5562e9c72fefd3f752f7da3f046f6977fa0a5980e4a91587b086019b09e6ad3b3ee593e990fd5a9e34d797
        2cf0b7d9022b8b5196d5ac3a017da67dd1cf3ed67c7d2d281f9f25cfadf2b89b5ad6b4725a88f54ce029ac71e019a5e647b0acfded93fa9b
        e8d3c48d283b57ccf8d5662979132e28785f0191ed756055f7960e44e3d35e8c15056dd488f46dba03a161250564f0bdc3eb9e153c9057a2
        97271aeca93a072a1b3f6d9b1e6321f5f59c66fb26dcf3197533d928b155fdf5035634828aba3cbb28517711c20ad9f8abcc5167ccad925f
        4de817513830dc8e379d58629320f991ea7a90c2fb3e7bce5121ce64774fbe32a8b6e37ec3293d4648de53696413e680a2ae0810dd6db224
        69852dfd09072166b39a460a6445c0dd586cdecf1c20c8ae5bbef7dd1b588d40ccd2017f6bb4e3bbdda26a7e3a59ff453e350a44bcb4cdd5
        72eacea8fa6484bb8d6612aebf3c6f47d29be463542f5d9eaec2771bf64e6370740e0d8de75b1357f8721671af537d5d4040cb084eb4e2cc
        34d2466a0115af84e1b0042895983a1d06b89fb4ce6ea0486f3f3b823520ab82011a1d4b277227f8611560b1e7933fdcbb3a792b344525bd
        a08839e151ce794b2f32c9b7a01fbac9e01cc87ebcc7d1f6cf0111c3a1e8aac71a908749d44fbd9ad0dadecbd50ada380339c32ac6913667
        8df9317ce0b12b4ff79e59b743f5bb3af2d519ff27d9459cbf97222c15e6fc2a0f91fc719b941525fae59361ceb69cebc2a8645912baa8d1
        b6c1075ee3056a0c10d25065cb03a442e0ec6e0e1698db3b4c98a0be3278e9649f1f9532e0d392dfd3a0342b8971f21e1b0a74414ba3348c
        c5be7120c37632d8df359f8d9b992f2ee60b6f470fe3f11de54cda541edad891ce6279cfcd3e7e6f1618b166fd2c1d05848fd2c5f6fb2299
        f523f357a632762393a8353156cccd02acf081625a75ebb56e16369788d273ccde96629281b949d04c50901b71c65614e6c6c7bd327a140a
        45e1d006c3f27b9ac9aa53fd62a80f00bb25bfe235bdd2f671126905b2040222b6cbcf7ccd769c2b53113ec01640e3d338abbd602547adf0
        ba38209cf746ce7677afa1c52075606085cbfe4e8ae88dd87aaaf9b04cf9aa7e1948c25c02fb8a8c01c36ae4d6ebe1f990d4f869a65cdea0
        3f09252dc208e69fb74e6132ce77e25b578fdfe33ac372e6', E' \n', '');
    salt_bytes CONSTANT bytea := decode(translate(substr(setting, 8, 22), ours, base64) || '==', 'base64');
    key_bytes CONSTANT bytea := password || '\x00'::bytea;
    magic CONSTANT bytea := 'OrpheanBeholderScryDoubt';
    b bigint[];
    keys bigint[] := '{}';
    salt bigint[] := '{}';
    key bigint[];
    result bytea := '';
    l bigint; r bigint; x bigint;
BEGIN
    FOR i IN 1 .. 1042 LOOP
        b[i] := ('x' || substr(pi, i * 8 - 7, 8))::bit(32)::bigint;
    END LOOP;
    FOR i IN 0 .. 17 LOOP
        keys[i + 1] := 0;
        FOR n IN i * 4 .. i * 4 + 3 LOOP
            keys[i + 1] := (keys[i + 1] << 8) | get_byte(key_bytes, n % octet_length(key_bytes));
        END LOOP;
        salt[i + 1] := ('x' || encode(substring(salt_bytes FROM i % 4 * 4 + 1 FOR 4), 'hex'))::bit(32)::bigint;
    END LOOP;
    FOR round IN 0 .. 1 << (1 + substr(setting, 5, 2)::integer) LOOP
        key := CASE WHEN round = 0 OR round % 2 = 1 THEN keys ELSE salt END;
        FOR i IN 1 .. 18 LOOP
            b[i] := b[i] # key[i];
        END LOOP;
        l := 0; r := 0;
        FOR i IN 0 .. 520 LOOP
            IF round = 0 THEN
                l := l # salt[i % 2 * 2 + 1]; r := r # salt[i % 2 * 2 + 2];
            END IF;
            l := l # b[1];
            FOR n IN 1 .. 8 LOOP
                r := (r # (((b[19 + (l >> 24)] + b[275 + ((l >> 16) & 255)]) # b[531 + ((l >> 8) & 255)])
                           + b[787 + (l & 255)]) # b[n * 2]) & ones;
                l := (l # (((b[19 + (r >> 24)] + b[275 + ((r >> 16) & 255)]) # b[531 + ((r >> 8) & 255)])
                           + b[787 + (r & 255)]) # b[n * 2 + 1]) & ones;
            END LOOP;
            x := r # b[18]; r := l; l := x;
            b[i * 2 + 1] := l; b[i * 2 + 2] := r;
        END LOOP;
    END LOOP;
    FOR i IN 0 .. 2 LOOP
        l := ('x' || encode(substring(magic FROM i * 8 + 1 FOR 4), 'hex'))::bit(32)::bigint;
        r := ('x' || encode(substring(magic FROM i * 8 + 5 FOR 4), 'hex'))::bit(32)::bigint;
        FOR again IN 1 .. 64 LOOP
            l := l # b[1];
            FOR n IN 1 .. 8 LOOP
                r := (r # (((b[19 + (l >> 24)] + b[275 + ((l >> 16) & 255)]) # b[531 + ((l >> 8) & 255)])
                           + b[787 + (l & 255)]) # b[n * 2]) & ones;
                l := (l # (((b[19 + (r >> 24)] + b[275 + ((r >> 16) & 255)]) # b[531 + ((r >> 8) & 255)])
                           + b[787 + (r & 255)]) # b[n * 2 + 1]) & ones;
            END LOOP;
            x := r # b[18]; r := l; l := x;
        END LOOP;
        result := result || substring(int8send(l) FROM 5) || substring(int8send(r) FROM 5);
    END LOOP;
    RETURN left(setting, 7) || left(translate(encode(salt_bytes, 'base64'), base64, ours), 22)
           || left(translate(encode(substring(result FOR 23), 'base64'), base64, ours), 31);
END
$$;

CREATE FUNCTION crypt(text, text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN $2 ~ '^\$2a\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{22}'
        THEN pgproof_pgcrypto_bcrypt(convert_to($1, getdatabaseencoding()), $2)
    WHEN $2 ~ '^\$1\$' THEN pgproof_pgcrypto_md5(
        convert_to($1, getdatabaseencoding()),
        convert_to(left(split_part(substr($2, 4), '$', 1), 8), getdatabaseencoding()))
    ELSE pgproof_pgcrypto_lacks('passwords with a salt like ' || quote_literal(left($2, 4)) || ' (bf and md5 it has)')::text
END;

-- RFC 9580, section 6.1.
CREATE FUNCTION pgproof_pgcrypto_crc24(data bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    crc integer := 11994318;
BEGIN
    FOR i IN 0 .. octet_length(data) - 1 LOOP
        crc := crc # (get_byte(data, i) << 16);
        FOR bit IN 1 .. 8 LOOP
            crc := (crc << 1) # CASE WHEN crc & 8388608 > 0 THEN 25578747 ELSE 0 END;
        END LOOP;
    END LOOP;
    RETURN substring(int4send(crc) FROM 2);
END
$$;

CREATE FUNCTION armor(bytea, text[], text[]) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT E'-----BEGIN PGP MESSAGE-----\n' || coalesce(string_agg(h.key || ': ' || h.value || E'\n', '' ORDER BY h.n), '')
           || E'\n' || rtrim(encode($1, 'base64'), E'\n') || CASE $1 WHEN '' THEN '=' ELSE E'\n=' END
           || encode(pgproof_pgcrypto_crc24($1), 'base64') || E'\n-----END PGP MESSAGE-----\n'
    FROM unnest($2, $3) WITH ORDINALITY AS h (key, value, n);
END;

CREATE FUNCTION armor(bytea) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN armor($1, '{}', '{}');

CREATE FUNCTION dearmor(text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parts CONSTANT text[] := regexp_match(
        $1, '-----BEGIN [^\n]*-----\s*\n(?:[^\n]*: [^\n]*\n)*\s*\n([A-Za-z0-9+/=\s]*?)\n=([A-Za-z0-9+/]{4})\s*\n-----END ');
BEGIN
    IF parts IS NULL THEN
        RAISE EXCEPTION 'Corrupt ascii-armor' USING ERRCODE = 'external_routine_invocation_exception';
    END IF;
    RETURN decode(parts[1], 'base64');
END
$$;

CREATE FUNCTION pgp_armor_headers(text, OUT key text, OUT value text) RETURNS SETOF record
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT h.pair[1], h.pair[2]
    FROM regexp_matches(split_part(regexp_replace($1, E'\r', '', 'g'), E'\n\n', 1), E'^([^\n]*?): ([^\n]*)$', 'gn')
        AS h (pair);
END;

-- What needs a cipher.
DO $do$
DECLARE
    signature text[];
    signatures CONSTANT text[] := ARRAY[
        ['encrypt', 'bytea, bytea, text', 'bytea', 'IMMUTABLE'],
        ['decrypt', 'bytea, bytea, text', 'bytea', 'IMMUTABLE'],
        ['encrypt_iv', 'bytea, bytea, bytea, text', 'bytea', 'IMMUTABLE'],
        ['decrypt_iv', 'bytea, bytea, bytea, text', 'bytea', 'IMMUTABLE'],
        ['pgp_sym_encrypt', 'text, text', 'bytea', 'VOLATILE'],
        ['pgp_sym_encrypt', 'text, text, text', 'bytea', 'VOLATILE'],
        ['pgp_sym_encrypt_bytea', 'bytea, text', 'bytea', 'VOLATILE'],
        ['pgp_sym_encrypt_bytea', 'bytea, text, text', 'bytea', 'VOLATILE'],
        ['pgp_sym_decrypt', 'bytea, text', 'text', 'IMMUTABLE'],
        ['pgp_sym_decrypt', 'bytea, text, text', 'text', 'IMMUTABLE'],
        ['pgp_sym_decrypt_bytea', 'bytea, text', 'bytea', 'IMMUTABLE'],
        ['pgp_sym_decrypt_bytea', 'bytea, text, text', 'bytea', 'IMMUTABLE'],
        ['pgp_pub_encrypt', 'text, bytea', 'bytea', 'VOLATILE'],
        ['pgp_pub_encrypt', 'text, bytea, text', 'bytea', 'VOLATILE'],
        ['pgp_pub_encrypt_bytea', 'bytea, bytea', 'bytea', 'VOLATILE'],
        ['pgp_pub_encrypt_bytea', 'bytea, bytea, text', 'bytea', 'VOLATILE'],
        ['pgp_pub_decrypt', 'bytea, bytea', 'text', 'IMMUTABLE'],
        ['pgp_pub_decrypt', 'bytea, bytea, text', 'text', 'IMMUTABLE'],
        ['pgp_pub_decrypt', 'bytea, bytea, text, text', 'text', 'IMMUTABLE'],
        ['pgp_pub_decrypt_bytea', 'bytea, bytea', 'bytea', 'IMMUTABLE'],
        ['pgp_pub_decrypt_bytea', 'bytea, bytea, text', 'bytea', 'IMMUTABLE'],
        ['pgp_pub_decrypt_bytea', 'bytea, bytea, text, text', 'bytea', 'IMMUTABLE'],
        ['pgp_key_id', 'bytea', 'text', 'IMMUTABLE']
    ];
BEGIN
    FOREACH signature SLICE 1 IN ARRAY signatures LOOP
        EXECUTE format('CREATE FUNCTION %I(%s) RETURNS %s LANGUAGE sql %s STRICT PARALLEL SAFE'
                       ' RETURN pgproof_pgcrypto_lacks(%L)::%s',
                       signature[1], signature[2], signature[3], signature[4], signature[1] || '()', signature[3]);
    END LOOP;
END
$do$;
