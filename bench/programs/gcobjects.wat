;; Copyright the Brink authors.
;; SPDX-License-Identifier: Apache-2.0
;;
;; Objects as compilers of languages with a garbage collector make them: methods behind a table of
;; functions that every object names, fields behind casts, trees that are made and forgotten, arrays
;; of references, boxed numbers.

(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  (rec
    (type $object (sub (struct (field $methods (ref $methods)) (field $id i32))))
    (type $area (func (param (ref $object)) (result i32)))
    (type $methods (sub (struct (field $area (ref $area))))))
  (type $square (sub $object
    (struct (field (ref $methods)) (field i32) (field $side (mut i32)))))
  (type $box (sub final $object
    (struct (field (ref $methods)) (field i32) (field $width (mut i32)) (field $height i32))))
  (type $cube (sub final $square
    (struct (field (ref $methods)) (field i32) (field (mut i32)) (field $depth i32))))
  (type $objects (array (mut (ref null $object))))
  (type $tree (sub final (struct (field $left (ref null $tree)) (field $right (ref null $tree)))))
  (type $anys (array (mut (ref null any))))

  (global $squares (ref $methods) (struct.new $methods (ref.func $square_area)))
  (global $boxes (ref $methods) (struct.new $methods (ref.func $box_area)))
  (global $cubes (ref $methods) (struct.new $methods (ref.func $cube_area)))
  (elem declare func $square_area $box_area $cube_area)

  (func $square_area (type $area)
    (local $self (ref $square))
    (local.set $self (ref.cast (ref $square) (local.get 0)))
    (i32.mul (struct.get $square $side (local.get $self))
             (struct.get $square $side (local.get $self))))
  (func $box_area (type $area)
    (local $self (ref $box))
    (local.set $self (ref.cast (ref $box) (local.get 0)))
    (i32.mul (struct.get $box $width (local.get $self))
             (struct.get $box $height (local.get $self))))
  (func $cube_area (type $area)
    (local $self (ref $cube))
    (local.set $self (ref.cast (ref $cube) (local.get 0)))
    (i32.mul (i32.const 6)
      (i32.mul (struct.get $cube 2 (local.get $self))
               (struct.get $cube $depth (local.get $self)))))

  (func $make (param $i i32) (result (ref $object))
    (local $kind i32)
    (local.set $kind (i32.rem_u (local.get $i) (i32.const 3)))
    (if (i32.eqz (local.get $kind))
      (then (return (struct.new $square (global.get $squares) (local.get $i)
                      (i32.and (local.get $i) (i32.const 15))))))
    (if (i32.eq (local.get $kind) (i32.const 1))
      (then (return (struct.new $box (global.get $boxes) (local.get $i)
                      (i32.and (local.get $i) (i32.const 7)) (i32.const 3)))))
    (struct.new $cube (global.get $cubes) (local.get $i)
      (i32.and (local.get $i) (i32.const 3)) (i32.const 2)))

  ;; The sum of all areas; squares grow.
  (func $visit (param $all (ref $objects)) (result i32)
    (local $i i32) (local $sum i32) (local $one (ref null $object))
    (loop $next
      (local.set $one (array.get $objects (local.get $all) (local.get $i)))
      (local.set $sum (i32.add (local.get $sum)
        (call_ref $area
          (ref.as_non_null (local.get $one))
          (struct.get $methods $area (struct.get $object $methods (local.get $one))))))
      (block $other
        (block $is_square (result (ref $square))
          (drop (br_on_cast $is_square (ref null $object) (ref $square) (local.get $one)))
          (br $other))
        (local.set $one)
        (struct.set $square $side (ref.cast (ref $square) (local.get $one))
          (i32.and (i32.add (local.get $i) (i32.const 1)) (i32.const 31))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (array.len (local.get $all)))))
    (local.get $sum))

  (func $grow (param $depth i32) (result (ref null $tree))
    (if (result (ref null $tree)) (i32.eqz (local.get $depth))
      (then (ref.null $tree))
      (else (struct.new $tree
        (call $grow (i32.sub (local.get $depth) (i32.const 1)))
        (call $grow (i32.sub (local.get $depth) (i32.const 1)))))))
  (func $count (param $tree (ref null $tree)) (result i32)
    (if (result i32) (ref.is_null (local.get $tree))
      (then (i32.const 0))
      (else (i32.add (i32.const 1) (i32.add
        (call $count (struct.get $tree $left (local.get $tree)))
        (call $count (struct.get $tree $right (local.get $tree))))))))

  ;; Numbers that are boxed if they do not fit into an i31: here, small ones and squares.
  (func $dynamic (param $rounds i32) (result i32)
    (local $values (ref $anys)) (local $i i32) (local $sum i32) (local $value (ref null any))
    (local.set $values (array.new_default $anys (i32.const 64)))
    (loop $next
      (array.set $anys (local.get $values) (i32.and (local.get $i) (i32.const 63))
        (if (result (ref any)) (i32.and (local.get $i) (i32.const 4))
          (then (ref.i31 (local.get $i)))
          (else (struct.new $square (global.get $squares) (local.get $i) (i32.const 5)))))
      (local.set $value (array.get $anys (local.get $values)
        (i32.and (i32.mul (local.get $i) (i32.const 7)) (i32.const 63))))
      (if (ref.test (ref i31) (local.get $value))
        (then (local.set $sum (i32.add (local.get $sum)
          (i31.get_s (ref.cast (ref i31) (local.get $value))))))
        (else (if (ref.test (ref $square) (local.get $value))
          (then (local.set $sum (i32.add (local.get $sum)
            (struct.get $object $id (ref.cast (ref $square) (local.get $value)))))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $rounds))))
    (local.get $sum))

  (func (export "_start")
    (local $all (ref $objects)) (local $i i32) (local $sum i32)
    (local.set $all (array.new_default $objects (i32.const 2000)))
    (loop $fill
      (array.set $objects (local.get $all) (local.get $i) (call $make (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $fill (i32.lt_u (local.get $i) (i32.const 2000))))
    (local.set $i (i32.const 0))
    (loop $visits
      (local.set $sum (i32.add (local.get $sum) (call $visit (local.get $all))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $visits (i32.lt_u (local.get $i) (i32.const 500))))
    (local.set $i (i32.const 0))
    (loop $trees
      (local.set $sum (i32.add (local.get $sum) (call $count (call $grow (i32.const 14)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $trees (i32.lt_u (local.get $i) (i32.const 40))))
    (local.set $sum (i32.add (local.get $sum) (call $dynamic (i32.const 1000000))))
    (call $print (local.get $sum)))

  ;; Eight hexadecimal digits and the end of a line.
  (func $print (param $number i32)
    (local $i i32) (local $digit i32)
    (local.set $i (i32.const 8))
    (loop $next
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (local.set $digit (i32.and (local.get $number) (i32.const 15)))
      (i32.store8 offset=16 (local.get $i) (i32.add (local.get $digit)
        (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10)))))
      (local.set $number (i32.shr_u (local.get $number) (i32.const 4)))
      (br_if $next (local.get $i)))
    (i32.store8 (i32.const 24) (i32.const 10))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 9))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
