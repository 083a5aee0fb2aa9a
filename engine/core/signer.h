/* Signer: who vouches for a checkpoint. A key signs, or only verifies; which algorithm it is of, nobody else knows.
** Ed25519 (RFC 8032) is the one there is; another (SM2) is another maker of struct bf_signer.
**
** A key file is the 32 bytes of the seed and nothing else. A public key is written as C2SP signed-note does:
** NAME+HASH+BASE64, where HASH is the key id in hex and BASE64 the type and the key.
*/
#ifndef BF_SIGNER_H
#define BF_SIGNER_H

#include "lang/base/error.h"
#include "lang/base/text.h"

#define BF_SEED_LEN 32
#define BF_KEY_NAME_MAX 255
#define BF_PUBLIC_MAX 72
#define BF_SIGNATURE_MAX 128
#define BF_KEY_ID_LEN 4

struct bf_signer {
    bf_str name;  /* the caller's text, outlives the key: UTF-8 without blanks and plus signs */
    uint8_t type; /* of C2SP signed-note: 1 is Ed25519 */
    uint8_t public_key[BF_PUBLIC_MAX], id[BF_KEY_ID_LEN];
    uint32_t public_len, signature_len;
    uint8_t secret[BF_SEED_LEN];
    void *ctx; /* the algorithm's own, if it wants one */
    /* NULL: the key only verifies. False: the library failed, out of memory for one. */
    bool (*sign)(const struct bf_signer *s, const void *message, size_t len, uint8_t *signature);
    bool (*verify)(const struct bf_signer *s, const void *message, size_t len,
                   const uint8_t *signature);
};

enum bf_err bf_seed_new(uint8_t seed[BF_SEED_LEN], struct bf_error *e); /* random */
/* A signing key from a key file's bytes; BF_EFORMAT if the length or the name is not right. */
enum bf_err bf_signer_open(bf_str name, const void *seed, size_t len, struct bf_signer *s,
                           struct bf_error *e);
void bf_signer_fini(struct bf_signer *s); /* forgets the secret */

void bf_signer_public(const struct bf_signer *s, struct bf_buf *out); /* the public key as text */
/* A key that verifies, from that text, which it shares. Whatever the bytes: a key, or BF_EFORMAT. */
enum bf_err bf_signer_read(bf_str text, struct bf_signer *s, struct bf_error *e);

#endif
