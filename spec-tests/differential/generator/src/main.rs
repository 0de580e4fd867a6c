// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Makes random valid modules for the differential check: `make-modules FIRST COUNT` writes one
// module for each seed from FIRST on to standard output. A module is a line of text and then its
// bytes:
//
//     SEED SIZE ITEM...        what the engines are to do and to report, in this order:
//     n                        make a new instance
//     f:E:ARGS:RESULTS         call function export number E. RESULTS are letters of types, see
//                              letter(); ARGS are letters, each with the hexadecimal value behind
//                              it (nothing for a null reference), with commas between them
//     m:E                      report the content of a memory
//     g:E:TYPE                 report the value of a global
//
// Every module ends by itself (functions and loops count down fuel), imports nothing, and computes
// canonical NaNs only, so that what it does is the same everywhere. Nothing waits for other threads.

use std::io::{BufWriter, Write};

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};
use wasmparser::types::TypesRef;
use wasmparser::{
    Export, ExternalKind, FunctionBody, Operator, Parser, Payload, RefType, ValType, Validator,
    WasmFeatures,
};

const FUEL: u32 = 1000;
const PAGE: u64 = 65536;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        z ^ (z >> 31)
    }
    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count.div_ceil(8))
            .flat_map(|_| self.next().to_le_bytes())
            .collect()
    }
}

/// Each seed has a language of its own: leaving much out makes what is left more likely.
fn config(random: &mut Random) -> Config {
    let simd = random.chance(50);
    Config {
        allow_start_export: random.chance(20),
        allow_floats: random.chance(80),
        canonicalize_nans: true,
        compact_imports_enabled: false,
        custom_page_sizes_enabled: random.chance(10),
        disallow_traps: random.chance(50),
        exceptions_enabled: random.chance(40),
        export_everything: true,
        gc_enabled: random.chance(50),
        limit_arrays_in_const_exprs: true,
        max_funcs: 12,
        max_globals: 12,
        max_imports: 0,
        max_instructions: 100 + (random.next() % 400) as usize,
        max_memories: if random.chance(20) { 3 } else { 1 },
        max_memory32_bytes: 4 * PAGE,
        max_memory64_bytes: (4 * PAGE) as u128,
        max_table_elements: 1000,
        max_tables: 3,
        memory64_enabled: random.chance(20),
        memory_max_size_required: true,
        min_funcs: 2,
        min_memories: random.chance(70) as u32,
        relaxed_simd_enabled: simd && random.chance(50),
        simd_enabled: simd,
        table_max_size_required: true,
        tail_call_enabled: random.chance(50),
        threads_enabled: random.chance(30),
        wide_arithmetic_enabled: random.chance(30),
        ..Config::default()
    }
}

fn generate(seed: u64, attempt: u64) -> Option<Vec<u8>> {
    let mut random = Random(seed ^ attempt << 48);
    let config = config(&mut random);
    let size = 512 + (random.next() % 6000) as usize;
    let bytes = random.bytes(size);
    let mut module = Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes())
}

/// A letter for a type that can be passed and compared; upper case for references that are never
/// null, which no caller from outside can make.
fn letter(ty: ValType) -> char {
    match ty {
        ValType::I32 => 'i',
        ValType::I64 => 'l',
        ValType::F32 => 'f',
        ValType::F64 => 'd',
        ValType::V128 => 'v',
        ValType::Ref(reference) if !reference.is_nullable() => 'R',
        ValType::Ref(RefType::FUNCREF) => 'c',
        ValType::Ref(RefType::EXTERNREF) => 'x',
        ValType::Ref(RefType::ANYREF) => 'a',
        ValType::Ref(_) => 'r',
    }
}

fn value(random: &mut Random, letter: char) -> String {
    const SPECIAL: [u64; 10] = [
        0,
        1,
        u64::MAX,
        1 << 31,
        1 << 63,
        i32::MAX as u64,
        i64::MAX as u64,
        0x3f800000,
        0x3ff0000000000000,
        0x8000000080000000,
    ];
    let bits = match random.next() % 4 {
        0 => random.next() % 64,
        1 => SPECIAL[(random.next() % 10) as usize],
        _ => random.next(),
    };
    match letter {
        'i' | 'f' => format!("{letter}{:x}", bits as u32),
        'l' | 'd' => format!("{letter}{bits:x}"),
        'v' => format!("{letter}{:016x}{bits:016x}", random.next()),
        _ => letter.to_string(),
    }
}

/// Calls and state, both as items.
#[derive(Default)]
struct Plan {
    calls: Vec<String>,
    state: Vec<String>,
}

impl Plan {
    fn add(&mut self, types: TypesRef, number: usize, export: Export, random: &mut Random) {
        match export.kind {
            ExternalKind::Func => {
                let ty = types[types.core_function_at(export.index)].unwrap_func();
                let params: Vec<char> = ty.params().iter().map(|ty| letter(*ty)).collect();
                let results: String = ty.results().iter().map(|ty| letter(*ty)).collect();
                // Nulls of less common types cannot be made in all engines' interfaces.
                if !params.iter().any(|letter| "Rr".contains(*letter)) {
                    let args: Vec<String> =
                        params.iter().map(|letter| value(random, *letter)).collect();
                    self.calls
                        .push(format!("f:{number}:{}:{results}", args.join(",")));
                }
            }
            ExternalKind::Memory => self.state.push(format!("m:{number}")),
            ExternalKind::Global => {
                let ty = types.global_at(export.index).content_type;
                self.state.push(format!("g:{number}:{}", letter(ty)));
            }
            _ => {}
        }
    }

    /// All calls in one instance, or each in an instance of its own.
    fn items(&self, is_shared: bool) -> Vec<String> {
        let groups: Vec<&[String]> = if is_shared {
            vec![&self.calls]
        } else {
            self.calls.chunks(1).collect()
        };
        let one = |group: &[String]| [&["n".to_string()], group, &self.state].concat();
        groups.into_iter().flat_map(one).collect()
    }
}

fn waits_for_threads(body: &FunctionBody) -> bool {
    body.get_operators_reader()
        .unwrap()
        .into_iter()
        .any(|operator| {
            matches!(
                operator.unwrap(),
                Operator::MemoryAtomicWait32 { .. } | Operator::MemoryAtomicWait64 { .. }
            )
        })
}

/// What to do with a module; None if nothing, or if it may wait. Panics if it is not valid.
fn plan(bytes: &[u8], random: &mut Random) -> Option<Vec<String>> {
    let types = Validator::new_with_features(WasmFeatures::all())
        .validate_all(bytes)
        .expect("made modules are valid");
    let mut plan = Plan::default();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.unwrap() {
            Payload::ExportSection(section) => {
                for (number, export) in section.into_iter().enumerate() {
                    plan.add(types.as_ref(), number, export.unwrap(), random);
                }
            }
            Payload::CodeSectionEntry(body) if waits_for_threads(&body) => return None,
            _ => {}
        }
    }
    (!plan.calls.is_empty()).then(|| plan.items(random.chance(50)))
}

fn main() {
    let arguments: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let [first, count] = arguments[..] else {
        eprintln!("usage: make-modules FIRST COUNT");
        std::process::exit(2);
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    for seed in first..first + count {
        let (bytes, items) = (0..)
            .filter_map(|attempt| generate(seed, attempt))
            .find_map(|bytes| plan(&bytes, &mut Random(seed)).map(|items| (bytes, items)))
            .unwrap();
        writeln!(out, "{seed} {} {}", bytes.len(), items.join(" ")).unwrap();
        out.write_all(&bytes).unwrap();
    }
    out.flush().unwrap();
}
