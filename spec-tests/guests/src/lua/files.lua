-- Copyright the Brink authors.
-- SPDX-License-Identifier: Apache-2.0
--
-- Files: arguments, reading in every format, seeking, lines, renaming, the errors of the system.
print(#arg, arg[0], arg[1], arg[2])
local out = assert(io.open("numbers.txt", "w"))
for i = 1, 100 do out:write(i, " ", i / 8, "\n") end
out:close()
local sum = 0
for line in io.lines("numbers.txt") do
  local whole, part = line:match("(%d+) (%S+)")
  sum = sum + whole * part
end
print(sum)
local file = assert(io.open("numbers.txt", "r+"))
print(file:read("n", "n", "l", "L"), file:seek(), file:seek("end"), file:seek("set", 2), file:read(5))
file:seek("end")
file:write("appended\n")
file:close()
print(#assert(io.open("numbers.txt")):read("a"))
print(os.rename("numbers.txt", "moved.txt"), (select(2, io.open("numbers.txt"))))
print((select(2, os.remove("none"))))
local names = {}
for line in io.stdin:lines() do names[#names + 1] = line:lower() end
print(#names, names[1])
print(io.type(file), io.type(io.stdout), pcall(file.read, file))
os.exit(5)
