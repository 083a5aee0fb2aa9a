/* format: how an image lies in its block of bytes. For those who write, load or damage one; all
** others see image.h. */
#ifndef BF_FORMAT_H
#define BF_FORMAT_H

#include "lang/base/diag.h"
#include "lang/image/image.h"

enum bf_i_table_id {
#define TABLE(name, type) BF_I_##name,
#include "lang/image/image.def"
    BF_I_TABLES
};
/* The first table that is of no version: from here on nothing is hashed. */
#define BF_I_UNHASHED BF_I_place

#define BF_IMAGE_MAGIC "BanfaImg"
#define BF_IMAGE_MAX 0x7FFFFFF8u /* bytes */

/* Where a table stands: byte offset, rows, and how many of those are the policy's (the rest is only
** used by scenarios). Tables follow each other in order, padded with zeros to multiples of 8. */
struct bf_i_dir {
    uint32_t off, count, policy;
};

struct bf_i_header {
    char magic[8];
    uint32_t format, edition, semantics, tables;
    uint32_t size, zero;          /* bytes of the whole block */
    uint8_t hash[BF_SHA256_LEN];  /* the policy version */
    uint8_t check[BF_SHA256_LEN]; /* SHA-256 of what the version leaves out */
    struct bf_i_policy policy;
    struct bf_i_dir dir[BF_I_TABLES];
};
#define BF_I_FIRST ((sizeof(struct bf_i_header) + 7) & ~(size_t)7) /* offset of the first table */

size_t bf_i_row_size(enum bf_i_table_id table);
const char *bf_i_table_z(enum bf_i_table_id table);

/* Writes both hashes into a block whose header and directory are right. */
void bf_image_seal(void *bytes, size_t size);

/* Where something is wrong: a limit that was reached (enum bf_text_id names it), at a line of the source. */
struct bf_image_at {
    enum bf_text_id limit;
    bf_str file;
    uint32_t line; /* 0: unknown */
};

/* Verifies the rows of an image whose tables are in bounds (verify.c, verify_code.c). BF_ELIMIT: a limit
** was reached, *at says which; BF_EFORMAT: anything else is wrong. */
enum bf_err bf_image_verify(struct bf_arena *scratch, const struct bf_image *m,
                            struct bf_image_at *at, struct bf_error *e);
/* Loads a block that was sealed just now for nobody: may it be loaded? What reaches a limit is BF_ELIMIT here. */
enum bf_err bf_image_prove(const uint8_t *bytes, size_t size, struct bf_image_at *at,
                           struct bf_error *e);

#endif
