-- Copyright the Brink authors.
-- SPDX-License-Identifier: Apache-2.0
--
-- The language: closures, metatables, varargs, goto, integer and float arithmetic, strings, tables, modules.
local function keys(t)
  local list = {}
  for k in pairs(t) do list[#list + 1] = tostring(k) end
  table.sort(list)
  return table.concat(list, " ")
end

local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Vector) end
Vector.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vector.__lt = function(a, b) return a.x < b.x end
Vector.__le = function(a, b) return a.x <= b.x end
Vector.__concat = function(a, b) return tostring(a) .. tostring(b) end
Vector.__tostring = function(v) return "(" .. v.x .. "," .. v.y .. ")" end
Vector.__len = function() return 2 end
Vector.__call = function(v, k) return v[k] end
local a, b = setmetatable({ x = 1, y = 2 }, Vector), setmetatable({ x = 3, y = 0.5 }, Vector)
print(a + b, a .. b, #a, a("y"), a == b, a < b, a <= a)

print(7 // 2, -7 // 2, 7 % -3, -7.5 % 2, 2 ^ 10, 7 / 2, 1 << 62, -1 >> 1, 5 & 3 | 8 ~ 1, ~0)
print(math.maxinteger + 1 == math.mininteger, math.type(1), math.type(1.0), 3 | 0, 1e15, 2 ^ 53, 0x7fp-3)
print(10 == 10.0, "10" + 5, 10 .. 20, math.tointeger(3.0), 1 / 0, -1 / 0, math.ult(1, -1))
print(string.format("%5d|%-8s|%08.3f|%x|%q|%a", 42, "ab", math.pi, 255, 'a"b\n', 0.5))
print(("hello world"):gsub("o", "0"), ("key = value"):match("(%w+)%s*=%s*(%w+)"), ("abc"):rep(3, "-"))
for word in ("one two  three"):gmatch("%a+") do io.write(word, ";") end
print(("x"):byte(), ("%d+"):len(), ("abc"):sub(-2), ("häß"):upper(), utf8.len("häß日本"), #"日本")
for position, code in utf8.codes("aé日") do io.write(position, ":", code, " ") end
print(string.pack("<i4 z s1", 7, "abc", "de"):byte(1, -1))

local list = {}
for i = 1, 200 do list[i] = (i * 7919) % 211 end
table.sort(list, function(x, y) return x > y end)
print(list[1], list[100], list[200], select("#", table.unpack(list, 1, 50)), #list)
table.insert(list, 1, "first")
print(table.remove(list), table.remove(list, 1), table.concat({ 1, 2, 3 }, "+"), keys({ a = 1, b = 2, [3] = 4 }))

local function counter()
  local count = 0
  return function(step) count = count + (step or 1) return count end
end
local c, d = counter(), counter()
print(c(), c(5), d(), c())

for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then goto continue end
    io.write(i, j, " ")
    ::continue::
  end
end
print()

do
  local closed <close> = setmetatable({}, { __close = function() print("closed") end })
  local fixed <const> = 5
  print("inside", fixed)
end
print(load("return 1 + ...")(41), load("syntax error here"))

local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(21))
local weak = setmetatable({}, { __mode = "k" })
weak[{}] = true
collectgarbage()
print(next(weak), collectgarbage("count") > 0)
math.randomseed(42)
local r = math.random(1, 100)
print(r >= 1 and r <= 100, os.time({ year = 2020, month = 1, day = 2, hour = 12 }) > 0, os.getenv("NOWHERE"))
