/* Checkpoint: the size and root of a tree, signed. Receipt: one row, the way from it to a checkpoint's root, and
** the checkpoint: whoever has the public key can tell, without us, that the row was in the journal.
**
** A checkpoint is a C2SP signed note (tlog-checkpoint without extension lines):
**
**     ORIGIN                           which tree: unlike for each partition and each restored copy
**     SIZE                             decimal
**     ROOT                             base64
**                                      an empty line; what is signed ends before it
**     — NAME SIGNATURE                 base64 of key id and signature; others may have signed too
**
** A receipt is lines and then the checkpoint, in one spelling only:
**
**     banfa receipt 1
**     hash sha256                      or sm3
**     header BASE64
**     salt BASE64                      not there once the body has been dropped
**     body BASE64                      the hash of salt and body
**     index DECIMAL                    from 0
**     BASE64                           the proof, a hash a line, the leaf's neighbour first
**                                      an empty line
**     the checkpoint
**
** Whatever the bytes: what verifies is of the form above, or BF_EFORMAT says what is wrong. Lengths are bounded by
** BF_CHECKPOINT_MAX and BF_RECEIPT_MAX.
*/
#ifndef BF_CHECKPOINT_H
#define BF_CHECKPOINT_H

#include "engine/core/merkle.h"
#include "engine/core/signer.h"

#define BF_CHECKPOINT_MAX 16384
#define BF_RECEIPT_MAX (BF_CHECKPOINT_MAX + 8192)
#define BF_ORIGIN_MAX 255
#define BF_RECEIPT_HEAD_MAX 64

struct bf_checkpoint {
    bf_str origin; /* one line of UTF-8 */
    uint64_t size;
    uint8_t root[BF_HASH_LEN];
};

/* BF_EFORMAT: the origin is no such line. A full buffer is told by the buffer. */
enum bf_err bf_checkpoint_write(const struct bf_checkpoint *c, const struct bf_signer *key,
                                struct bf_buf *out, struct bf_error *e);
/* Good if the key has signed it: at least once, and never wrongly. The origin points into the bytes; whether it is
** the one expected is the caller's to say. */
enum bf_err bf_checkpoint_verify(bf_str bytes, const struct bf_signer *key, struct bf_checkpoint *c,
                                 struct bf_error *e);

struct bf_receipt {
    enum bf_hash hash;
    uint8_t head[BF_RECEIPT_HEAD_MAX];
    uint32_t head_len; /* at least 1 */
    bool has_salt;
    uint8_t salt[BF_MERKLE_SALT];
    uint8_t body_hash[BF_HASH_LEN];
    uint64_t index;
    struct bf_merkle_proof proof;
    bf_str note;                     /* the checkpoint as signed */
    struct bf_checkpoint checkpoint; /* as read; not looked at when writing */
};
void bf_receipt_write(const struct bf_receipt *r, struct bf_buf *out);
/* Reads it and checks all of it: signature, size, proof. Texts point into the bytes. */
enum bf_err bf_receipt_verify(bf_str bytes, const struct bf_signer *key, struct bf_receipt *r,
                              struct bf_error *e);
/* Whether a body is that of the (verified) receipt. BF_EFORMAT: it is not, or the receipt has no salt. */
enum bf_err bf_receipt_body(const struct bf_receipt *r, bf_str body, struct bf_error *e);

#endif
