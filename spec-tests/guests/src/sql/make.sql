-- Copyright the Brink authors.
-- SPDX-License-Identifier: Apache-2.0
--
-- Fills the database: tables, keys, an index, a view, a trigger, transactions, full text, errors on purpose.
pragma page_size = 4096;
pragma foreign_keys = on;
create table town (id integer primary key, name text not null unique, country text, people integer);
create table road (a integer references town(id), b integer references town(id), km real, check (km > 0));
create index road_by_length on road(km);
create index road_by_a on road(a);
create index road_by_b on road(b);
create table log (what text, id integer);
create trigger grown after update of people on town when new.people > old.people
begin insert into log values ('grown', new.id); end;

begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
insert into town select i, 'town-' || i, char(65 + i % 7), (i * 7919) % 100003 from n;
commit;
insert into road select a.id, b.id, 1 + ((a.id * 31 + b.id * 17) % 1000) / 7.0
  from town a join town b on b.id between a.id + 1 and a.id + 3;
update town set people = people + 500 where id % 100 = 0;
create view big as select * from town where people > 90000;

begin;
delete from town where id > 10;
select count(*) from town;
rollback;
select count(*), sum(people) from town;

insert into town values (1, 'again', 'A', 0);
insert into road values (1, 99999, 5);
insert into road values (1, 2, -5);
select * from nowhere;
select 1 +;

create virtual table note using fts5(body);
insert into note select 'the ' || name || ' of ' || country || ' has ' || people || ' people' from town where id <= 500;
create table blobs (data blob);
insert into blobs values (zeroblob(100000)), (x'00ff10'), (x'ab');
pragma integrity_check;
