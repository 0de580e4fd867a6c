// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Sorting, hashing, slices, error unions, comptime tables, wide integers, vectors, overflow.

const std = @import("std");
const is_wasi = @import("builtin").os.tag == .wasi;

fn print(comptime format: []const u8, values: anytype) void {
    var buffer: [256]u8 = undefined;
    const text = std.fmt.bufPrint(&buffer, format, values) catch unreachable;
    if (is_wasi) {
        var written: usize = 0;
        const parts = [_]std.os.wasi.ciovec_t{.{ .base = text.ptr, .len = text.len }};
        _ = std.os.wasi.fd_write(1, &parts, 1, &written);
    } else {
        _ = std.os.linux.write(1, text.ptr, text.len);
    }
}

const table = blk: {
    @setEvalBranchQuota(10000);
    var crc: [256]u32 = undefined;
    for (&crc, 0..) |*entry, i| {
        var value: u32 = @intCast(i);
        for (0..8) |_| value = if (value & 1 != 0) 0xedb88320 ^ (value >> 1) else value >> 1;
        entry.* = value;
    }
    break :blk crc;
};

fn crc32(bytes: []const u8) u32 {
    var crc: u32 = 0xffffffff;
    for (bytes) |byte| crc = table[(crc ^ byte) & 0xff] ^ (crc >> 8);
    return ~crc;
}

fn parse(text: []const u8) !i32 {
    if (text.len == 0) return error.Empty;
    return std.fmt.parseInt(i32, text, 0);
}

pub fn main() !void {
    var numbers: [1000]u32 = undefined;
    var state: u32 = 12345;
    for (&numbers) |*number| {
        state = state *% 1103515245 +% 12345;
        number.* = state >> 16;
    }
    std.mem.sort(u32, &numbers, {}, std.sort.asc(u32));
    print("{d} {d} {d}\n", .{ numbers[0], numbers[500], numbers[999] });
    print("{x}\n", .{crc32("123456789")});
    for ([_][]const u8{ "42", "-0x10", "", "9999999999", "x" }) |text| {
        if (parse(text)) |value| {
            print("{s} is {d}\n", .{ text, value });
        } else |err| {
            print("'{s}' is {s}\n", .{ text, @errorName(err) });
        }
    }
    const wide: u128 = @as(u128, std.math.maxInt(u64)) * std.math.maxInt(u64);
    print("{d} {d}\n", .{ wide, @popCount(wide) });
    print("{d:.6} {d:.3}\n", .{ @sqrt(2.0), std.math.pow(f64, 2.5, 3.5) });
    var digest: [32]u8 = undefined;
    std.crypto.hash.sha2.Sha256.hash("abc", &digest, .{});
    print("{x}\n", .{&digest});
    const vector: @Vector(8, i32) = .{ 1, -2, 3, -4, 5, -6, 7, -8 };
    print("{d} {d}\n", .{ @reduce(.Add, vector * vector), @reduce(.Max, vector) });
    const sum, const overflow = @addWithOverflow(@as(u8, 200), 100);
    print("{d} {d}\n", .{ sum, overflow });
}
