"""Sixteen float32 side by side as one value that kernels can add, multiply and compare.

A compiler turns a loop over lanes into vector instructions as far as it can prove that safe, half
as wide as the processor could, and with the filters' states in memory. Here the width is part of
the type: a ``Vector`` is LLVM's ``<16 x float>``, one register on a processor with 512 bits, two
with 256, four with 128, and a recursion over Vectors keeps its state there. Nothing depends on the
machine that compiles or on its settings: LLVM splits the type as the target needs.

Inside a ``compiled`` function, Vectors know ``+``, ``-`` and ``*``; a product that is added to
something becomes one fused instruction where the processor has it. The functions below do the
rest. They are for kernels only: numba turns their calls into instructions, and Python cannot call
them. Indices count samples and are not checked.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core.typing import templates
from numba.extending import intrinsic, lower_builtin, models, register_model

from mixing.audio.lanes import HALF, LANES

_FLOAT: Final = ir.FloatType()
_INT: Final = ir.IntType(32)
_FLOATS: Final = ir.VectorType(_FLOAT, LANES)
_INTS: Final = ir.VectorType(_INT, LANES)
_SAMPLE_BYTES: Final = 4
_MANTISSA_BITS: Final = 23
_MANTISSA: Final = (1 << _MANTISSA_BITS) - 1
_EXPONENT_BIAS: Final = 127

Write = Callable[..., Any]
"""Writes instructions: (builder, *operands) -> result."""
Lowered = tuple[Any, Callable[..., Any]]
"""What an intrinsic returns: its signature, and the function that writes its instructions."""


def _function(lowered: Callable[..., Lowered]) -> Any:
    """Decorator: a function that kernels can call; types see what it takes there."""
    return intrinsic(lowered)


class _VectorType(types.Type):
    pass


VECTOR: Final[Any] = _VectorType(name=f"Vector{LANES}")
"""Numba's type of a Vector."""


class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: _VectorType) -> None:
        super().__init__(manager, kind, _FLOATS)  # type: ignore[no-untyped-call]


register_model(_VectorType)(_VectorModel)


def _operator(symbol: Callable[..., Any], name: str) -> None:
    """Let kernels apply a binary operator to two Vectors."""

    def lower(_context: Any, builder: Any, _called: Any, operands: Any) -> Any:
        return getattr(builder, name)(*operands)

    typing: Any = templates
    called = typing.signature(VECTOR, VECTOR, VECTOR)
    template = typing.make_concrete_template(name, symbol, [called])
    typing.infer_global(symbol)(template)
    implementing: Any = lower_builtin
    implementing(symbol, VECTOR, VECTOR)(lower)


_operator(operator.add, "fadd")
_operator(operator.sub, "fsub")
_operator(operator.mul, "fmul")


@_function
def load(_typing: Any, row: Any, index: Any) -> Lowered:
    """LANES neighbouring samples of a float32 row from ``index`` on."""

    def write(context: Any, builder: Any, called: Any, operands: Any) -> Any:
        place = _place(context, builder, called.args[0], *operands)
        return builder.load(place, align=_SAMPLE_BYTES)

    return VECTOR(row, types.intp), write


@_function
def store(_typing: Any, row: Any, index: Any, vector: Any) -> Lowered:
    """Put a Vector into a float32 row from ``index`` on."""

    def write(context: Any, builder: Any, called: Any, operands: Any) -> Any:
        row, index, vector = operands
        place = _place(context, builder, called.args[0], row, index)
        builder.store(vector, place, align=_SAMPLE_BYTES)
        return context.get_dummy_value()

    return types.void(row, types.intp, VECTOR), write


@_function
def splat(_typing: Any, number: Any) -> Lowered:
    """The same float32 in every lane."""

    return _pure(VECTOR(types.float32), _in_every_lane)


@_function
def spread(_typing: Any, row: Any, index: Any) -> Lowered:
    """One sample of a float32 row in every lane."""

    def write(context: Any, builder: Any, called: Any, operands: Any) -> Any:
        row, index = operands
        data = context.make_array(called.args[0])(context, builder, row).data
        return _in_every_lane(builder, builder.load(builder.gep(data, [index])))

    return VECTOR(row, types.intp), write


@_function
def multiply_add(_typing: Any, a: Any, b: Any, c: Any) -> Lowered:
    """``a * b + c`` with these two fused, where ``c`` is a product too and the choice matters."""

    def write(builder: Any, a: Any, b: Any, c: Any) -> Any:
        name = f"llvm.fmuladd.v{LANES}f32"
        function = builder.module.globals.get(name) or ir.Function(
            builder.module, ir.FunctionType(_FLOATS, [_FLOATS] * 3), name
        )
        return builder.call(function, [a, b, c])

    return _pure(VECTOR(VECTOR, VECTOR, VECTOR), write)


@_function
def larger(_typing: Any, a: Any, b: Any) -> Lowered:
    """The larger of two in every lane; ``b`` where ``a`` is not a number."""

    def write(builder: Any, a: Any, b: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", a, b), a, b)

    return _pure(VECTOR(VECTOR, VECTOR), write)


@_function
def smaller(_typing: Any, a: Any, b: Any) -> Lowered:
    """The smaller of two in every lane; ``b`` where ``a`` is not a number."""

    def write(builder: Any, a: Any, b: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", a, b), a, b)

    return _pure(VECTOR(VECTOR, VECTOR), write)


@_function
def where_greater(_typing: Any, a: Any, b: Any, yes: Any, no: Any) -> Lowered:
    """Lane by lane ``yes`` where ``a > b``, else ``no``."""

    def write(builder: Any, a: Any, b: Any, yes: Any, no: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", a, b), yes, no)

    return _pure(VECTOR(VECTOR, VECTOR, VECTOR, VECTOR), write)


@_function
def magnitude(_typing: Any, a: Any) -> Lowered:
    """Every lane without its sign."""

    def write(builder: Any, a: Any) -> Any:
        bits = builder.and_(builder.bitcast(a, _INTS), _all_lanes(0x7FFFFFFF))
        return builder.bitcast(bits, _FLOATS)

    return _pure(VECTOR(VECTOR), write)


@_function
def exponent(_typing: Any, a: Any) -> Lowered:
    """The power of two that each positive, normal lane starts with, as a float32."""

    def write(builder: Any, a: Any) -> Any:
        power = builder.lshr(builder.bitcast(a, _INTS), _all_lanes(_MANTISSA_BITS))
        return builder.sitofp(builder.sub(power, _all_lanes(_EXPONENT_BIAS)), _FLOATS)

    return _pure(VECTOR(VECTOR), write)


@_function
def mantissa(_typing: Any, a: Any) -> Lowered:
    """Each positive, normal lane over its ``exponent``'s power of two: 1 to 2."""

    def write(builder: Any, a: Any) -> Any:
        bits = builder.and_(builder.bitcast(a, _INTS), _all_lanes(_MANTISSA))
        one = _all_lanes(_EXPONENT_BIAS << _MANTISSA_BITS)
        return builder.bitcast(builder.or_(bits, one), _FLOATS)

    return _pure(VECTOR(VECTOR), write)


@_function
def raised(_typing: Any, a: Any, power: Any) -> Lowered:
    """Each lane times two to the whole number in the lowest bits of ``power``."""

    def write(builder: Any, a: Any, power: Any) -> Any:
        shifted = builder.shl(builder.bitcast(power, _INTS), _all_lanes(_MANTISSA_BITS))
        return builder.bitcast(builder.add(builder.bitcast(a, _INTS), shifted), _FLOATS)

    return _pure(VECTOR(VECTOR, VECTOR), write)


@_function
def swapped(_typing: Any, a: Any) -> Lowered:
    """The lower half of the lanes where the upper was, and the other way round."""

    def write(builder: Any, a: Any) -> Any:
        return _shuffled(builder, a, a, [(lane + HALF) % LANES for lane in range(LANES)])

    return _pure(VECTOR(VECTOR), write)


@_function
def lower_halves(_typing: Any, a: Any, b: Any) -> Lowered:
    """The lower half of ``a``'s lanes, then the lower half of ``b``'s."""

    def write(builder: Any, a: Any, b: Any) -> Any:
        return _shuffled(builder, a, b, [*range(HALF), *range(LANES, LANES + HALF)])

    return _pure(VECTOR(VECTOR, VECTOR), write)


@_function
def upper_halves(_typing: Any, a: Any, b: Any) -> Lowered:
    """The upper half of ``a``'s lanes, then the upper half of ``b``'s."""

    def write(builder: Any, a: Any, b: Any) -> Any:
        return _shuffled(builder, a, b, [*range(HALF, LANES), *range(LANES + HALF, 2 * LANES)])

    return _pure(VECTOR(VECTOR, VECTOR), write)


@_function
def gather(_typing: Any, places: Any, step: Any, out: Any, out_index: Any) -> Lowered:
    """LANES Vectors from memory, turned: Vector t has sample ``step + t`` of every lane.

    ``places`` (2 * LANES,) int64 are the addresses of the lanes' first samples, then the bytes
    from one step to the next; whoever passes them keeps the memory alive.
    """

    def write(context: Any, builder: Any, called: Any, operands: Any) -> Any:
        places, step, out, out_index = operands
        numbers = context.make_array(called.args[0])(context, builder, places).data
        addresses, strides = (
            [builder.load(builder.gep(numbers, [_INT(first + lane)])) for lane in range(LANES)]
            for first in (0, LANES)
        )
        at = [builder.add(a, builder.mul(s, step)) for a, s in zip(addresses, strides, strict=True)]
        pointers = [builder.inttoptr(address, _FLOATS.as_pointer()) for address in at]
        square = [builder.load(pointer, align=_SAMPLE_BYTES) for pointer in pointers]
        stride = ir.Constant(out_index.type, LANES)
        indices = _steps(builder, out_index, stride)
        for column, index in zip(_transposed(builder, square), indices, strict=True):
            place = _place(context, builder, called.args[2], out, index)
            builder.store(column, place, align=_SAMPLE_BYTES)
        return context.get_dummy_value()

    return types.void(places, types.intp, out, types.intp), write


@_function
def transpose(
    _typing: Any, row: Any, index: Any, stride: Any, out: Any, out_index: Any, out_stride: Any
) -> Lowered:
    """Rows to columns: LANES Vectors, ``stride`` samples apart, become LANES others in ``out``."""

    def write(context: Any, builder: Any, called: Any, operands: Any) -> Any:
        row, index, stride, out, out_index, out_stride = operands
        kind, _, _, out_kind, _, _ = called.args
        square = [
            builder.load(_place(context, builder, kind, row, at), align=_SAMPLE_BYTES)
            for at in _steps(builder, index, stride)
        ]
        columns = _transposed(builder, square)
        for column, at in zip(columns, _steps(builder, out_index, out_stride), strict=True):
            place = _place(context, builder, out_kind, out, at)
            builder.store(column, place, align=_SAMPLE_BYTES)
        return context.get_dummy_value()

    index_kinds = (types.intp, types.intp)
    return types.void(row, *index_kinds, out, *index_kinds), write


def _pure(called: Any, write: Write) -> Lowered:
    """An intrinsic of that signature whose instructions need nothing but the operands."""
    return called, lambda _context, builder, _called, operands: write(builder, *operands)


def _place(context: Any, builder: Any, kind: Any, row: Any, index: Any) -> Any:
    """Pointer to the Vector that begins at ``index`` of a row of numba's array type ``kind``."""
    data = context.make_array(kind)(context, builder, row).data
    return builder.bitcast(builder.gep(data, [index]), _FLOATS.as_pointer())


def _steps(builder: Any, first: Any, stride: Any) -> Iterator[Any]:
    """LANES indices, ``stride`` apart."""
    for step in range(LANES):
        yield builder.add(first, builder.mul(stride, ir.Constant(stride.type, step)))


def _transposed(builder: Any, square: Sequence[Any]) -> list[Any]:
    """The columns of LANES rows, by swapping ever smaller blocks (J. O. Eklundh, 1972)."""
    rows = list(square)
    span = HALF
    lanes = range(LANES)
    while span:
        near = [lane if not lane & span else lane - span + LANES for lane in lanes]
        far = [lane + span if not lane & span else lane + LANES for lane in lanes]
        for first in (row for row in lanes if not row & span):
            a, b = rows[first], rows[first + span]
            rows[first] = _shuffled(builder, a, b, near)
            rows[first + span] = _shuffled(builder, a, b, far)
        span //= 2
    return rows


def _in_every_lane(builder: Any, number: Any) -> Any:
    alone = builder.insert_element(ir.Constant(_FLOATS, ir.Undefined), number, _INT(0))
    return _shuffled(builder, alone, alone, [0] * LANES)


def _all_lanes(number: int) -> Any:
    return ir.Constant(_INTS, [_INT(number)] * LANES)


def _shuffled(builder: Any, a: Any, b: Any, places: Iterable[int]) -> Any:
    """Lanes picked from those of ``a`` (0 and up) and ``b`` (LANES and up)."""
    return builder.shuffle_vector(a, b, ir.Constant(_INTS, [_INT(place) for place in places]))
