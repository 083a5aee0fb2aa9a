/* Auth: who a request comes from, for whom he may act, and how often he may ask.
**
** A token is 256 random bits, printed once as "bfd_" + 43 digits of base 62 + 6 of its CRC-32: a mistyped one is told
** without a look-up, a leaked one is found by a search for bfd_. What is stored is its SHA-256. A slow hash guards
** passwords, which can be guessed; of 2^256 tokens none can, so a fast one gives away as little and costs a request
** nothing.
**
** The directory holds rows of canonical JSON by kind and id, as the store keeps them:
**   department  {"level":…?,"name":…}                                   id: the department's code
**   post        {"acts":bool,"department":ID,"enters":bool?,"name":…,"office":…?}
**               acts: for the department itself; enters: papers of others, in cases that name the department
**   person      {"active":bool,"name":…,"operator":bool}
**   holding     {"from":INSTANT?,"person":ID,"post":ID,"until":INSTANT?} until: the first instant too late
**   deputy      {"from":INSTANT?,"person":ID,"policy":NAME?,"post":ID,"principal":ID,"until":INSTANT}
**               person is the principal's deputy in that post; policy: in cases of that policy alone
**   succession  {"at":INSTANT,"day":DAY,"department":PARTY,"instrument":…?,"successors":[PARTY…]}   id: of the department
**               that is no more; heirs.h
**   token       {"expires":INSTANT?,"hash":HEX,"name":…,"person":ID,"revoked":bool}
** 1. Nothing is allowed but by a row: an unknown, dangling, inactive, expired or revoked one grants nothing.
**    A deputy has what his principal himself holds in that post at that instant: it ends with that, and is not passed on.
** 2. A row put or removed counts from the next call on. Rows come in any order.
** 3. Questions are asked with the engine's time; nothing here reads a clock or the random source but
**    bf_token_make.
*/
#ifndef BF_AUTH_H
#define BF_AUTH_H

#include "lang/base/date.h"
#include "lang/base/error.h"
#include "lang/base/hash.h"
#include "lang/base/text.h"

/* ---- tokens ---- */
#define BF_TOKEN_PREFIX "bfd_"
#define BF_TOKEN_LEN 53 /* characters */

struct bf_token_hash {
    uint8_t p[BF_SHA256_LEN];
};
enum bf_token_wrong {
    BF_TOKEN_OK,
    BF_TOKEN_FOREIGN, /* not of this form at all */
    BF_TOKEN_MISTYPED /* of this form, but the check digits do not fit */
};

/* From the system's random source: the text, NUL-terminated, and its hash. */
enum bf_err bf_token_make(char text[BF_TOKEN_LEN + 1], struct bf_token_hash *hash,
                          struct bf_error *e);
void bf_token_print(const uint8_t bits[BF_SHA256_LEN],
                    char text[BF_TOKEN_LEN + 1]); /* of given bits */
enum bf_token_wrong bf_token_read(bf_str text, struct bf_token_hash *hash);
bool bf_bytes_equal(const void *x, const void *y, size_t n); /* in a time that depends on n alone */

/* ---- directory ---- */
struct bf_directory;

enum bf_directory_kind {
    BF_DIR_DEPARTMENT,
    BF_DIR_POST,
    BF_DIR_PERSON,
    BF_DIR_HOLDING,
    BF_DIR_DEPUTY,
    BF_DIR_TOKEN,
    BF_DIR_SUCCESSION,
    BF_DIR_KINDS
};
const char *bf_directory_word(enum bf_directory_kind kind); /* "department" */

struct bf_directory *bf_directory_new(void); /* NULL when out of memory */
void bf_directory_free(struct bf_directory *d);

/* Adds a row or replaces the one with this id. BF_EFORMAT names the member, BF_ENOMEM is lack of memory (which
** the JSON reader may call a malformed text): then the directory is as before. */
enum bf_err bf_directory_put(struct bf_directory *d, enum bf_directory_kind kind, bf_str id,
                             bf_str json, struct bf_error *e);
bool bf_directory_remove(struct bf_directory *d, enum bf_directory_kind kind,
                         bf_str id); /* false: no such row */

enum bf_sign_in {
    BF_SIGN_IN_OK,
    BF_SIGN_IN_UNKNOWN,
    BF_SIGN_IN_REVOKED,
    BF_SIGN_IN_EXPIRED,
    BF_SIGN_IN_INACTIVE /* the token is good, its person is not active, or gone */
};
struct bf_principal {
    bf_str token, person; /* ids; as long as their rows are not changed */
    bool is_operator;
};
enum bf_sign_in bf_directory_sign_in(const struct bf_directory *d, const struct bf_token_hash *hash,
                                     bf_instant now, struct bf_principal *out);

/* Is a token that was good still? By its id, as bf_directory_sign_in says it. */
enum bf_sign_in bf_directory_still(const struct bf_directory *d, bf_str token, bf_instant now,
                                   struct bf_principal *out);

/* For whom a person may act: `department` itself (office empty), or through one of its offices. */
struct bf_capacity {
    bf_str department, name, level; /* code and what its row says of it */
    bf_str office;
    bf_str post;
    bf_str principal; /* whose deputy; empty: he holds the post himself */
    bf_str policy;    /* in cases of this policy alone; empty: of any */
    bf_instant until; /* as a deputy */
};
/* Calls for each capacity of an active person, his own before those as a deputy, until it returns false. The person may always
** act for himself; that is not among them. The same one may come by two posts. */
void bf_directory_capacities(const struct bf_directory *d, bf_str person, bf_instant now,
                             bool (*each)(void *ctx, const struct bf_capacity *c), void *ctx);
/* What the directory calls a department or a person; level: empty where there is none. False: it has no such row. */
bool bf_directory_called(const struct bf_directory *d, enum bf_directory_kind kind, bf_str id,
                         bf_str *name, bf_str *level);
/* Calls for each row that names another, until it returns false: a post its department; a holding its person, then its
** post; a deputy these two, then his principal. */
void bf_directory_references(const struct bf_directory *d,
                             bool (*each)(void *ctx, enum bf_directory_kind kind, bf_str id,
                                          enum bf_directory_kind of, bf_str named),
                             void *ctx);
/* A department that is no more from a day on, and the codes of those who take its place, each with a newline behind it. */
struct bf_directory_heirs {
    bf_str department, day, successors;
};
bool bf_next_line(bf_str *rest, bf_str *line); /* false: there is none */
void bf_directory_successions(const struct bf_directory *d,
                              bool (*each)(void *ctx, const struct bf_directory_heirs *h),
                              void *ctx);
/* What a post is of: its department, and its office or none. False: there is no such post. */
bool bf_directory_post(const struct bf_directory *d, bf_str post, struct bf_capacity *c);
/* Departments for which an active person may enter papers of others; until it returns false. */
void bf_directory_enters(const struct bf_directory *d, bf_str person, bf_instant now,
                         bool (*each)(void *ctx, bf_str department), void *ctx);
/* Does he hold a post, whichever? */
bool bf_directory_holds(const struct bf_directory *d, bf_str person, bf_instant now);

/* A holding (principal empty) or the row of a deputy. */
struct bf_grant {
    bf_str id, person, principal, post, policy;
    bf_instant from, until; /* BF_INSTANT_NONE: not limited */
};
void bf_directory_grants(const struct bf_directory *d,
                         bool (*each)(void *ctx, const struct bf_grant *g), void *ctx);
/* The row of a deputy. False: there is none. */
bool bf_directory_deputy(const struct bf_directory *d, bf_str id, struct bf_grant *g);

bool bf_directory_may(const struct bf_directory *d, bf_str person, bf_str department, bf_str office,
                      bf_instant now);

/* ---- rates ---- */
/* Token buckets in a table of fixed size. Where more than BF_RATE_WAYS keys that are not at rest share a place, the
** fullest bucket is handed over as it is, not anew: no flood of names or addresses refills a bucket, and one place
** never lets through more than BF_RATE_WAYS buckets would. With as many keys as that or fewer it is exact. */
#define BF_RATE_WAYS 8
struct bf_rates;

/* places is rounded up to a power of 2; seed: 16 random bytes, so that nobody can choose who shares a place. */
struct bf_rates *bf_rates_new(uint32_t places, const uint8_t seed[16]);
void bf_rates_free(struct bf_rates *r);
void bf_rates_set(struct bf_rates *r, int64_t per_second,
                  int64_t burst); /* both 1 to 1000000; also later */
/* Takes one if there is one. now_us: a clock that does not go back (an earlier time counts as no time passed).
** *retry_us (may be NULL): after how long there is one, if false. */
bool bf_rates_take(struct bf_rates *r, bf_str key, int64_t now_us, int64_t *retry_us);
/* What counts as one address: IPv4 (also mapped into IPv6) whole, of IPv6 the network of 64 bits. len: 4 or 16. */
bf_str bf_rates_address(const uint8_t *address, size_t len, uint8_t out[8]);

#endif
