// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The same lives as bench/coldstart/coldstart.cc, in wasmtime with its pooling allocator and
// copy-on-write images: as it is by default, and tuned (memory kept resident, pages found by
// PAGEMAP_SCAN). Prints the same lines.

use std::time::{Duration, Instant};
use wasmtime::*;

const REQUEST: &str = include_str!("../../request.txt");
const REJECTED: &str = "BREW /pot HTCPCP/1.0\r\n\r\n";
const TINY: &str = r#"(module (memory (export "memory") 1)
  (func (export "run") (param i32) (result i32)
    (i32.store (i32.const 8) (local.get 0)) (i32.add (local.get 0) (i32.const 1))))"#;

fn engine(tuned: bool) -> Engine {
    let mut config = Config::new();
    let mut pool = PoolingAllocationConfig::default();
    pool.total_core_instances(1000).total_memories(1000).total_tables(1000);
    pool.max_memory_size(64 << 20);
    if tuned {
        pool.linear_memory_keep_resident(4 << 20).table_keep_resident(1 << 20);
        pool.pagemap_scan(Enabled::Auto);
    }
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config.memory_init_cow(true);
    Engine::new(&config).unwrap()
}

struct Guest {
    pre: InstancePre<()>,
    memory: Option<ModuleExport>,
    function: ModuleExport,
    request: Option<usize>,
    text: &'static str,
}

impl Guest {
    fn new(engine: &Engine, bytes: &[u8], function: &str, text: &'static str) -> Guest {
        let module = Module::new(engine, bytes).unwrap();
        let mut linker = Linker::new(engine);
        linker.func_wrap("env", "log", |_: Caller<'_, ()>, _: i32, _: i32| {}).unwrap();
        let pre = linker.instantiate_pre(&module).unwrap();
        let request = module.get_export("request").map(|_| {
            let mut store = Store::new(engine, ());
            let instance = pre.instantiate(&mut store).unwrap();
            let f = instance.get_typed_func::<(), i32>(&mut store, "request").unwrap();
            f.call(&mut store, ()).unwrap() as usize
        });
        let memory = module.get_export_index("memory");
        let function = module.get_export_index(function).unwrap();
        Guest { pre, memory, function, request, text }
    }

    fn start(&self, engine: &Engine) -> (Store<()>, Instance) {
        let mut store = Store::new(engine, ());
        let instance = self.pre.instantiate(&mut store).unwrap();
        (store, instance)
    }

    fn call(&self, store: &mut Store<()>, instance: &Instance) -> i32 {
        let mut argument = 7;
        if let (Some(at), Some(memory)) = (self.request, self.memory.as_ref()) {
            let memory = instance.get_module_export(&mut *store, memory).unwrap();
            let memory = memory.into_memory().unwrap();
            memory.data_mut(&mut *store)[at..at + self.text.len()].copy_from_slice(self.text.as_bytes());
            argument = self.text.len() as i32;
        }
        let f = instance.get_module_export(&mut *store, &self.function).unwrap().into_func().unwrap();
        let f = f.typed::<i32, i32>(&*store).unwrap();
        f.call(&mut *store, argument).unwrap()
    }
}

fn percentiles(name: &str, mut samples: Vec<u64>) {
    samples.sort();
    let at = |q: usize| samples[(samples.len() - 1) * q / 100] as f64 / 1000.0;
    println!("{name}: p50 {:.3} us, p99 {:.3} us", at(50), at(99));
}

fn measure(name: &str, engine: &Engine, guest: &Guest, rounds: usize, calls: bool) {
    let mut take = Vec::new();
    let mut life = Vec::new();
    for i in 0..rounds + rounds / 10 {
        let begin = Instant::now();
        let started = guest.start(engine);
        let time = begin.elapsed().as_nanos() as u64;
        drop(started);
        if i >= rounds / 10 { take.push(time) }
    }
    percentiles(&format!("{name} instantiate"), take);
    if !calls { return }
    for i in 0..rounds + rounds / 10 {
        let begin = Instant::now();
        let (mut store, instance) = guest.start(engine);
        std::hint::black_box(guest.call(&mut store, &instance));
        drop(store);
        let time = begin.elapsed().as_nanos() as u64;
        if i >= rounds / 10 { life.push(time) }
    }
    percentiles(&format!("{name} instantiate+call+drop"), life);
    let (mut store, instance) = guest.start(engine);
    let mut warm = Vec::new();
    for _ in 0..rounds {
        let begin = Instant::now();
        std::hint::black_box(guest.call(&mut store, &instance));
        warm.push(begin.elapsed().as_nanos() as u64);
    }
    percentiles(&format!("{name} warm call"), warm);
}

fn cpu_seconds() -> f64 {
    // utime and stime of all threads, in ticks of 10 ms.
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text[text.rfind(')').unwrap()..].split(' ').collect();
    (fields[12].parse::<f64>().unwrap() + fields[13].parse::<f64>().unwrap()) / 100.0
}

fn throughput(name: &str, engine: &Engine, guest: &Guest, threads: usize) {
    let cpu = cpu_seconds();
    let begin = Instant::now();
    let total: u64 = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| {
                let mut count = 0u64;
                while begin.elapsed() < Duration::from_millis(2000) {
                    for _ in 0..64 {
                        let (mut store, instance) = guest.start(engine);
                        std::hint::black_box(guest.call(&mut store, &instance));
                    }
                    count += 64;
                }
                count
            }))
            .collect();
        running.into_iter().map(|t| t.join().unwrap()).sum()
    });
    let used = cpu_seconds() - cpu;
    println!("{name} {threads} thread(s): {:.0} per processor-second, {:.2} processors",
             total as f64 / used, used / begin.elapsed().as_secs_f64());
}

fn main() {
    let folder = std::env::args().nth(1).expect("usage: coldstart-wasmtime FOLDER");
    let handler = std::fs::read(format!("{folder}/handler.wasm")).unwrap();
    let big = std::fs::read(format!("{folder}/big.wasm")).unwrap();
    for (kind, tuned) in [("default", false), ("tuned", true)] {
        let engine = engine(tuned);
        let tiny = Guest::new(&engine, TINY.as_bytes(), "run", "");
        let ping = Guest::new(&engine, &handler, "handle", REJECTED);
        let edge = Guest::new(&engine, &handler, "handle", REQUEST);
        let big = Guest::new(&engine, &big, "run", "");
        measure(&format!("wasmtime {kind}: tiny"), &engine, &tiny, 20000, true);
        measure(&format!("wasmtime {kind}: ping"), &engine, &ping, 20000, true);
        measure(&format!("wasmtime {kind}: edge"), &engine, &edge, 5000, true);
        measure(&format!("wasmtime {kind}: big"), &engine, &big, 20000, false);
        for threads in [1, 2] {
            throughput(&format!("wasmtime {kind}: ping"), &engine, &ping, threads);
            throughput(&format!("wasmtime {kind}: edge"), &engine, &edge, threads);
        }
    }
}
