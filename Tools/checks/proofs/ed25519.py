"""Ed25519 (RFC 8032, section 5.1), on integers: for checks and tests, where nothing is secret for long. Its times depend
on the keys, so it must not sign anything that matters."""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

# Points are (X, Y, Z, T) with x = X/Z, y = Y/Z and x*y = T/Z.
NEUTRAL = (0, 1, 1, 0)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(pairs):
    """The sum of several points, each times its scalar: one run of doublings for all."""
    total = NEUTRAL
    for bit in reversed(range(max(scalar.bit_length() for scalar, _ in pairs))):
        total = add(total, total)
        for scalar, point in pairs:
            if scalar >> bit & 1:
                total = add(total, point)
    return total


def recover_x(y, sign):
    """The x with the given lowest bit that lies on the curve with y; None if there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def encode(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(encoded):
    number = int.from_bytes(encoded, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if y >= P:
        return None
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def challenge(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ORDER


def expand(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    return scalar, digest[32:]


def public_key(seed):
    return encode(multiply([(expand(seed)[0], BASE)]))


def sign(seed, message):
    scalar, prefix = expand(seed)
    nonce = challenge(prefix, message)
    commitment = encode(multiply([(nonce, BASE)])) if nonce else encode(NEUTRAL)
    response = (nonce + challenge(commitment, public_key(seed), message) * scalar) % ORDER
    return commitment + response.to_bytes(32, "little")


def is_key(encoded):
    """Whether the bytes are the one encoding of a point whose order does not divide 8."""
    point = decode(encoded) if len(encoded) == 32 else None
    if point is None:
        return False
    x, y, z, _ = multiply([(8, point)])
    return (x % P, (y - z) % P) != (0, 0)


def verify(key, signature, message):
    """Whether the signature is the key's of the message."""
    if len(key) != 32 or len(signature) != 64:
        return False
    point = decode(key)
    response = int.from_bytes(signature[32:], "little")
    if point is None or response >= ORDER:
        return False
    negative = (P - point[0], point[1], 1, P - point[3])
    scalars = [(response, BASE), (challenge(signature[:32], key, message), negative)]
    return encode(multiply(scalars)) == signature[:32]
