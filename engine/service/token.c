/* token: 43 digits of base 62 for the bits, most significant first, and 6 for their CRC-32. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "engine/service/auth.h"
#include "lang/base/assert.h"

enum { PREFIX = sizeof BF_TOKEN_PREFIX - 1, BITS = 43, CHECK = 6, BASE = 62 };
_Static_assert(PREFIX + BITS + CHECK == BF_TOKEN_LEN, "prefix, bits, check");

static const char digits[BASE + 1] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* IEEE 802.3, reflected, half a byte at a time. */
static uint32_t crc32(const uint8_t *p, size_t n) {
    static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                       0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                       0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    uint32_t crc = ~0u;
    while (n--) {
        crc ^= *p++;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* A number of n bytes, most significant first, in `width` digits. Destroys the number. */
static void print_digits(uint8_t *number, size_t n, char *out, int width) {
    for (int i = width - 1; i >= 0; i--) {
        unsigned rest = 0;
        for (size_t k = 0; k < n; k++) {
            rest = rest << 8 | number[k];
            number[k] = (uint8_t)(rest / BASE);
            rest %= BASE;
        }
        out[i] = digits[rest];
    }
}

static int value_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'Z' ? c - 'A' + 10
           : c >= 'a' && c <= 'z' ? c - 'a' + 36
                                  : -1;
}

/* The inverse; false for another character, or a number that needs more bytes. n is divided by 4. Five digits at a
** time, since every request brings a token. */
static bool read_digits(const char *in, int width, uint8_t *number, size_t n) {
    uint32_t limb[BF_SHA256_LEN / 4] = {0}; /* the least significant first */
    size_t limbs = n / 4;
    for (int i = 0; i < width;) {
        uint32_t factor = 1, more = 0;
        for (int k = 0; k < 5 && i < width; k++, i++) {
            int v = value_of(in[i]);
            if (v < 0)
                return false;
            factor *= BASE;
            more = more * BASE + (uint32_t)v;
        }
        uint64_t carry = more;
        for (size_t k = 0; k < limbs; k++) {
            carry += (uint64_t)limb[k] * factor;
            limb[k] = (uint32_t)carry;
            carry >>= 32;
        }
        if (carry)
            return false;
    }
    for (size_t k = 0; k < n; k++)
        number[k] = (uint8_t)(limb[limbs - 1 - k / 4] >> (24 - 8 * (k % 4)));
    explicit_bzero(limb, sizeof limb);
    return true;
}

static void crc_bytes(const uint8_t *bits, uint8_t out[4]) {
    uint32_t crc = crc32(bits, BF_SHA256_LEN);
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(crc >> (24 - 8 * i));
}

void bf_token_print(const uint8_t bits[BF_SHA256_LEN], char text[BF_TOKEN_LEN + 1]) {
    uint8_t number[BF_SHA256_LEN], crc[4];
    memcpy(number, bits, sizeof number);
    crc_bytes(bits, crc);
    memcpy(text, BF_TOKEN_PREFIX, PREFIX);
    print_digits(number, sizeof number, text + PREFIX, BITS);
    print_digits(crc, sizeof crc, text + PREFIX + BITS, CHECK);
    text[BF_TOKEN_LEN] = 0;
}

enum bf_err bf_token_make(char text[BF_TOKEN_LEN + 1], struct bf_token_hash *hash,
                          struct bf_error *e) {
    uint8_t bits[BF_SHA256_LEN];
    ssize_t n;
    do
        n = getrandom(bits, sizeof bits, 0);
    while (n < 0 && errno == EINTR);
    if (n != sizeof bits)
        return bf_fail(e, BF_EIO, "random source: %s", strerror(errno));
    bf_token_print(bits, text);
    bf_sha256(bits, sizeof bits, hash->p);
    explicit_bzero(bits, sizeof bits);
    return BF_OK;
}

enum bf_token_wrong bf_token_read(bf_str text, struct bf_token_hash *hash) {
    uint8_t bits[BF_SHA256_LEN], crc[4], expected[4];
    if (text.len != BF_TOKEN_LEN || !bf_str_starts(text, BF_STR(BF_TOKEN_PREFIX)))
        return BF_TOKEN_FOREIGN;
    for (int i = PREFIX; i < BF_TOKEN_LEN; i++)
        if (value_of(text.p[i]) < 0)
            return BF_TOKEN_FOREIGN;
    bool fits = read_digits(text.p + PREFIX, BITS, bits, sizeof bits) &&
                read_digits(text.p + PREFIX + BITS, CHECK, crc, sizeof crc);
    crc_bytes(bits, expected);
    fits = fits && bf_bytes_equal(crc, expected, sizeof crc);
    if (fits)
        bf_sha256(bits, sizeof bits, hash->p);
    explicit_bzero(bits, sizeof bits);
    return fits ? BF_TOKEN_OK : BF_TOKEN_MISTYPED;
}

bool bf_bytes_equal(const void *x, const void *y, size_t n) {
    const volatile uint8_t *a = x, *b = y; /* volatile: no early way out for the compiler either */
    uint8_t differ = 0;
    for (size_t i = 0; i < n; i++)
        differ |= a[i] ^ b[i];
    return differ == 0;
}
