-- Copyright the Brink authors.
-- SPDX-License-Identifier: Apache-2.0
--
-- Questions to the database that make.sql left on disk.
select count(*), min(km), max(km), round(avg(km), 6) from road;
select country, count(*), max(people), group_concat(name, ',') from big group by country order by country;
select t.name, count(*) as roads, round(sum(km), 4) as km from town t join road r on t.id in (r.a, r.b)
  where t.id between 100 and 110 group by t.id order by km desc, t.name;
select id, people, rank() over (partition by country order by people desc) as place,
  sum(people) over (order by id rows between 2 preceding and current row) from town where id <= 20 order by id;
with recursive reach(id, far) as (
  select 1, 0.0 union select r.b, round(far + km, 3) from reach join road r on r.a = reach.id where r.b <= 9
) select id, min(far), count(*) from reach group by id;
select rowid, body from note where note match 'people and "town 4" not a' order by rank, rowid limit 5;
select count(*) from note where note match 'town-17 or 25*';
select what, count(*), total(id) from log group by what;
select json_extract('{"a": [1, {"b": "x"}]}', '$.a[1].b'), json_group_array(id) from town where id < 6;
select key, value from json_each('{"one": 1, "two": [2, 2], "three": null}');
select printf('%08.3f|%-6s|%x', 3.14159, 'ab', 255), upper('straße'), length('日本'), hex('Az'), instr('abc', 'c');
select date('2024-02-29', '+1 year'), strftime('%j %W', '2026-11-21'), julianday('2000-01-01 12:00:00');
select sqrt(2), pow(2, 0.5), sin(1), exp(1), round(2.5), 7 / 2, 7 % -3, 9223372036854775807 + 1, 1 / 0;
select length(data), hex(substr(data, 1, 4)) from blobs order by 1;
select distinct country from town order by country collate nocase desc limit 3 offset 1;
explain query plan select * from road where km between 10 and 11;
delete from road where km < 50;
drop table blobs;
vacuum;
analyze;
select tbl, idx, stat from sqlite_stat1 order by 1, 2;
pragma integrity_check;
pragma page_count;
