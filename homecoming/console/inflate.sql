-- Unpacks our_list, a gzip file in base64, in place: RFC 1951, by tables of 2^15 codes that are made as the file says.
-- A code is looked up by the next 15 bits, in an array that holds it as often as there are ways to go on behind it.
-- Bits are in the order in which the file has them; numbers in it begin with their lowest bit, so they are turned round.
DECLARE
    gz bytea := decode(our_list, 'base64');
    bits varbit := (
        SELECT string_agg(reverse(get_byte(gz, b)::bit(8)::text), '' ORDER BY b)
        FROM generate_series(10, length(gz) - 1) b
    )::varbit || repeat('0', 32)::varbit;
    at integer := 1;
    last boolean := false;
    literals integer;
    lengths integer[];
    codes integer[];
    distances integer[];
    code integer;
    more integer;
    size integer;
    back integer;
    -- Of what is unpacked, what may be referred to: the last 32 KB and more.
    near bytea := '';
    run bytea := '';
    zero CONSTANT bytea := decode('00', 'hex');
    piece bytea;
    pieces bytea[] := '{}';
BEGIN
    WHILE NOT last LOOP
        last := get_bit(bits, at - 1) = 1;
        more := get_bit(bits, at) + 2 * get_bit(bits, at + 1);
        at := at + 3;
        IF more = 0 THEN
            at := (at + 6) / 8 * 8 + 1;
            size := get_byte(gz, at / 8 + 10) + 256 * get_byte(gz, at / 8 + 11);
            near := near || substring(gz, at / 8 + 15, size);
            at := at + 32 + 8 * size;
            CONTINUE;
        ELSIF more = 1 THEN
            literals := 288;
            lengths := array_fill(8, ARRAY[144]) || array_fill(9, ARRAY[112]) || array_fill(7, ARRAY[24])
                || array_fill(8, ARRAY[8]) || array_fill(5, ARRAY[30]);
        ELSE
            literals := 257 + reverse(substring(bits, at, 5)::text)::bit(5)::integer;
            size := literals + 1 + reverse(substring(bits, at + 5, 5)::text)::bit(5)::integer;
            more := 4 + reverse(substring(bits, at + 10, 4)::text)::bit(4)::integer;
            at := at + 14;
            lengths := array_fill(0, ARRAY[19]);
            FOR place IN 1 .. more LOOP
                lengths[('{17,18,19,1,9,8,10,7,11,6,12,5,13,4,14,3,15,2,16}'::integer[])[place]] :=
                    reverse(substring(bits, at, 3)::text)::bit(3)::integer;
                at := at + 3;
            END LOOP;
            codes := ARRAY(
                SELECT 16 * (n - 1) + l FROM unnest(lengths) WITH ORDINALITY u(l, n),
                    generate_series(1, 1 << (15 - l)) WHERE l > 0 ORDER BY l, n);
            lengths := '{}';
            WHILE cardinality(lengths) < size LOOP
                code := codes[1 + substring(bits, at, 15)::bit(15)::integer];
                at := at + (code & 15);
                code := code >> 4;
                IF code < 16 THEN
                    lengths := lengths || code;
                    CONTINUE;
                END IF;
                more := ('{2,3,7}'::integer[])[code - 15];
                back := ('{3,3,11}'::integer[])[code - 15]
                    + (reverse(substring(bits, at, more)::text)::bit(32) >> (32 - more))::integer;
                lengths := lengths
                    || array_fill(CASE code WHEN 16 THEN lengths[cardinality(lengths)] ELSE 0 END, ARRAY[back]);
                at := at + more;
            END LOOP;
        END IF;
        codes := ARRAY(
            SELECT 16 * (n - 1) + l FROM unnest(lengths[:literals]) WITH ORDINALITY u(l, n),
                generate_series(1, 1 << (15 - l)) WHERE l > 0 ORDER BY l, n);
        distances := ARRAY(
            SELECT 16 * (n - 1) + l FROM unnest(lengths[literals + 1:]) WITH ORDINALITY u(l, n),
                generate_series(1, 1 << (15 - l)) WHERE l > 0 ORDER BY l, n);
        LOOP
            code := codes[1 + substring(bits, at, 15)::bit(15)::integer];
            at := at + (code & 15);
            code := code >> 4;
            IF code < 256 THEN
                run := run || set_byte(zero, 0, code);
                CONTINUE;
            END IF;
            near := near || run;
            run := '';
            EXIT WHEN code = 256;
            code := code - 257;
            more := CASE WHEN code < 8 OR code = 28 THEN 0 ELSE code / 4 - 1 END;
            size := CASE WHEN code < 8 THEN 3 + code WHEN code = 28 THEN 258 ELSE 3 + ((4 + code % 4) << more) END;
            IF more > 0 THEN
                size := size + (reverse(substring(bits, at, more)::text)::bit(32) >> (32 - more))::integer;
                at := at + more;
            END IF;
            code := distances[1 + substring(bits, at, 15)::bit(15)::integer];
            at := at + (code & 15);
            code := code >> 4;
            more := CASE WHEN code < 4 THEN 0 ELSE code / 2 - 1 END;
            back := CASE WHEN code < 4 THEN 1 + code ELSE 1 + ((2 + code % 2) << more) END;
            IF more > 0 THEN
                back := back + (reverse(substring(bits, at, more)::text)::bit(32) >> (32 - more))::integer;
                at := at + more;
            END IF;
            -- What it refers to may go on into what it makes.
            piece := substring(near, length(near) - back + 1, size);
            WHILE length(piece) < size LOOP
                piece := piece || substring(piece, 1, size - length(piece));
            END LOOP;
            near := near || piece;
            IF length(near) > 65536 THEN
                pieces := pieces || substring(near, 1, length(near) - 32768);
                near := substring(near, length(near) - 32767);
            END IF;
        END LOOP;
    END LOOP;
    our_list := convert_from(
        (SELECT string_agg(b, '' ORDER BY n) FROM unnest(pieces || near) WITH ORDINALITY u(b, n)), 'UTF8');
END;
