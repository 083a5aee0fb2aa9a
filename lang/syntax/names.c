#include "lang/syntax/names.h"

#include <string.h>

#include "lang/base/assert.h"
#include "lang/syntax/lexer.h"
#include "lang/syntax/parser.h"

enum kind { HARD, SOFT, CLAUSE, HINGE };
struct word {
    int token;
    enum kind kind;
    const char *en, *zh, *variants;
};
static const struct word words[BF_WORDS] = {
#define KEYWORD(id, token, kind, en, zh, variants) \
    [BF_W_##id] = {T_##token, kind, en, zh, variants},
#include "lang/defs/keywords.def"
};

struct slot {
    uint32_t hash;
    struct bf_name *name;
};
struct bf_names {
    struct bf_arena *arena;
    struct slot *slots;
    uint32_t mask, count;
    struct bf_name *usual[BF_WORDS][2]; /* English, Chinese */
    bool cuts[256];
    struct bf_name *lost; /* linked by next_lost */
    bool any_lost;
};

const char *bf_word_z(enum bf_word word, bool zh) {
    return word == BF_W_NAME ? "" : zh ? words[word].zh : words[word].en;
}

bool bf_word_soft(enum bf_word word) { return word != BF_W_NAME && words[word].kind == SOFT; }

bool bf_token_is_word(int token) {
    for (int w = 1; w < BF_WORDS; w++)
        if (words[w].token == token)
            return true;
    return false;
}

bool bf_token_soft(int token) {
    for (int w = 1; w < BF_WORDS; w++)
        if (words[w].token == token)
            return words[w].kind == SOFT;
    return false;
}

int bf_word_token(enum bf_word word) { return words[word].token; }

/* Eight bytes a step; only ever compared within one run. */
static uint32_t hash_of(bf_str s) {
    uint64_t h = s.len * 0x9e3779b97f4a7c15u;
    const char *p = s.p;
    uint32_t n = s.len;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        h = (h ^ v) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    if (n) {
        uint64_t v = 0;
        memcpy(&v, p, n);
        h = (h ^ v) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return (uint32_t)(h * 0xc4ceb9fe1a85ec53u >> 32);
}

static void grow(struct bf_names *n) {
    uint32_t size = n->slots ? (n->mask + 1) * 2 : 2048;
    struct slot *old = n->slots, *slots = bf_new_array(n->arena, struct slot, size);
    for (uint32_t i = 0; old && i <= n->mask; i++) {
        if (!old[i].name)
            continue;
        uint32_t at = old[i].hash & (size - 1);
        while (slots[at].name)
            at = (at + 1) & (size - 1);
        slots[at] = old[i];
    }
    n->slots = slots;
    n->mask = size - 1;
}

static struct slot *find(const struct bf_names *n, bf_str text, uint32_t hash) {
    uint32_t at = hash & n->mask;
    for (; n->slots[at].name; at = (at + 1) & n->mask)
        if (n->slots[at].hash == hash && bf_str_eq(n->slots[at].name->text, text))
            break;
    return &n->slots[at];
}

struct bf_name *bf_name_intern(struct bf_names *n, bf_str text) {
    uint32_t hash = hash_of(text);
    struct slot *s = find(n, text, hash);
    if (s->name)
        return s->name;
    if (n->count + n->count / 2 >= n->mask) {
        grow(n);
        s = find(n, text, hash);
    }
    struct bf_name *name = bf_new(n->arena, struct bf_name);
    name->text = bf_str_dup(n->arena, text);
    name->hash = hash;
    name->index = n->count++;
    *s = (struct slot){hash, name};
    return name;
}

void bf_name_lose(struct bf_names *n, struct bf_name *name) {
    if (!name || name->lost)
        return;
    name->lost = true;
    name->next_lost = n->lost;
    n->lost = name;
}

void bf_names_lose_any(struct bf_names *n) { n->any_lost = true; }

enum {
    LOST_WORDS = 200, /* when more are lost, any name may be in them */
    LOST_BYTES = 300  /* of a word that names are looked for in */
};

bool bf_name_may_be_lost(const struct bf_names *n, const struct bf_name *name) {
    if (n->any_lost || name->lost)
        return true;
    const struct bf_name *l = name->text.p[0] & 0x80 ? n->lost : NULL;
    for (int i = 0; l; l = l->next_lost, i++)
        if (i == LOST_WORDS || (l->text.len <= LOST_BYTES && bf_str_contains(l->text, name->text)))
            return true;
    return false;
}

uint32_t bf_names_count(const struct bf_names *n) { return n->count; }

enum bf_word bf_names_word(const struct bf_names *n, bf_str text) {
    const struct bf_name *name = find(n, text, hash_of(text))->name;
    return name ? (enum bf_word)name->word : BF_W_NAME;
}

struct bf_name *bf_word_name(const struct bf_names *n, enum bf_word word, bool zh) {
    struct bf_name *name = n->usual[word][zh];
    return name ? name : n->usual[word][!zh];
}

static struct bf_name *add_word(struct bf_names *n, enum bf_word word, const char *p, size_t len) {
    if (!len)
        return NULL;
    struct bf_name *name = bf_name_intern(n, (bf_str){p, (uint32_t)len});
    BF_ASSERT(name->word == BF_W_NAME); /* no spelling stands twice in keywords.def */
    name->word = word;
    return name;
}

static uint8_t cut_key(const char *p) {
    return (uint8_t)((unsigned char)p[2] + 31u * (unsigned char)p[1]);
}

bool bf_may_cut(const struct bf_names *n, const char *p) { return n->cuts[cut_key(p)]; }

/* The digits of Chinese numerals, as bf_zh_number_read knows them. */
static const char numerals[] = "零〇一二两三四五六七八九十百千万";

struct bf_names *bf_names_new(struct bf_arena *a) {
    struct bf_names *n = bf_new(a, struct bf_names);
    n->arena = a;
    grow(n);
    for (int w = 1; w < BF_WORDS; w++) {
        const struct word *d = &words[w];
        n->usual[w][0] = add_word(n, (enum bf_word)w, d->en, strlen(d->en));
        n->usual[w][1] = add_word(n, (enum bf_word)w, d->zh, strlen(d->zh));
        for (const char *v = d->variants; *v; v += strcspn(v, ";"), v += *v == ';')
            add_word(n, (enum bf_word)w, v, strcspn(v, ";"));
        if (d->kind == HINGE)
            n->cuts[cut_key(d->zh)] = true;
    }
    for (const char *p = numerals; *p; p += 3)
        n->cuts[cut_key(p)] = true;
    return n;
}

/* ---- hinges ---- */

struct hinge {
    const char *text;
    uint32_t len;
    enum bf_word word;
};
static const struct hinge hinges[] = {
#define HARD(id, zh)
#define SOFT(id, zh)
#define CLAUSE(id, zh)
#define HINGE(id, zh) {zh, sizeof(zh) - 1, BF_W_##id},
#define KEYWORD(id, token, kind, en, zh, variants) kind(id, zh)
#include "lang/defs/keywords.def"
#undef HARD
#undef SOFT
#undef CLAUSE
#undef HINGE
};

uint32_t bf_hinge(const char *p, enum bf_word *word) {
    uint32_t best = 0;
    for (size_t i = 0; i < sizeof hinges / sizeof *hinges; i++) {
        const struct hinge *h = &hinges[i];
        if (h->len > best && !strncmp(p, h->text, h->len)) {
            best = h->len;
            *word = h->word;
        }
    }
    return best;
}
