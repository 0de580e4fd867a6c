-- Copyright the Brink authors.
-- SPDX-License-Identifier: Apache-2.0
--
-- Errors and coroutines: what needs the C frames between to be left at once.
print(pcall(error, "plain"))
print(pcall(error, { code = 7 }) == false, select(2, pcall(error, setmetatable({}, { __tostring = function() return "obj" end }))) ~= nil)
print(pcall(function() local t = nil; return t.x end))
print(pcall(function() return 1 + {} end))
print(pcall(string.rep))
print(pcall(function() return #5 end))
print(xpcall(function() error("deep", 0) end, function(message) return "handled " .. message end))
print(select(2, pcall(function() error("level 2", 2) end)))

local function recurse(n) return recurse(n + 1) + 1 end
local fine, message = pcall(recurse, 0)
print(fine, message:match("stack overflow"))
local total = 0
for i = 1, 2000 do
  local ok, value = pcall(function() if i % 3 == 0 then error(i) end return i end)
  total = total + (ok and value or -value)
end
print(total)
-- Through C: sort, gsub and tostring call back into Lua, which throws over them.
print(pcall(table.sort, { 3, 1, 2 }, function(x, y) error("in sort") end))
print(pcall(string.gsub, "abc", ".", function() error("in gsub", 0) end))
print(pcall(tostring, setmetatable({}, { __tostring = function() error("in tostring", 0) end })))

local function generator(n)
  return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i * i) end return "end" end)
end
local next_pair = generator(3)
print(next_pair()) print(next_pair()) print(next_pair()) print(next_pair())
print(pcall(next_pair))

local primes = {}
local function feed() for i = 2, 400 do coroutine.yield(i) end end
local function filter(prime, source)
  return coroutine.wrap(function()
    for value in source do if value % prime ~= 0 then coroutine.yield(value) end end
  end)
end
local source = coroutine.wrap(feed)
for _ = 1, 30 do
  local prime = source()
  primes[#primes + 1] = prime
  source = filter(prime, source)
end
print(table.concat(primes, " "))

local thread = coroutine.create(function(a)
  local b = coroutine.yield(a + 1)
  local ok, why = pcall(function() coroutine.yield(b * 2) error("after yield") end)
  return ok, why
end)
print(coroutine.resume(thread, 1)) print(coroutine.resume(thread, 10)) print(coroutine.resume(thread))
print(coroutine.resume(thread), coroutine.status(thread), coroutine.isyieldable())
-- A yield across a metamethod and a for iterator; closing a suspended coroutine runs its pending __close.
local suspended = coroutine.create(function()
  local guard <close> = setmetatable({}, { __close = function() print("closed while suspended") end })
  coroutine.yield()
end)
coroutine.resume(suspended)
print(coroutine.close(suspended), coroutine.status(suspended))
print(coroutine.wrap(function() return setmetatable({}, { __add = coroutine.yield }) + 1 end)() ~= nil)
error("reaches the top")
