/* bench_decide: a decision of eight rules, one of its tiers overriding, through the C API, against the same decision
** as a switch in C. Both are asked the same uniformly random questions, and both deliver the result and the set of
** rules that fired. The engine's must allocate nothing.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/core/eval.h"
#include "lang/base/mem.h"
#include "lang/base/stdlib.h"
#include "lang/image/compile.h"
#include "tests/bench/bench.h"

static const char source[] =
    "enum Class { open_ conditional withheld internal }\n"
    "enum Base { people companies land licences }\n"
    "record Resource {\n"
    "  class : Class   basis : Text?   conditions : Text?   base : Base?\n"
    "}\n"
    "decide sharing (r: Resource): Class {\n"
    "  when r.class is withheld and r.basis is present then withheld\n"
    "  when r.class is conditional and r.basis is present\n"
    "    and r.conditions is present then conditional\n"
    "  when r.class is internal and r.basis is present then withheld\n"
    "  when r.class is internal and r.basis is absent then conditional\n"
    "  when r.class is open_ and r.conditions is present then conditional\n"
    "  otherwise open_\n"
    "  override when r.base is present and r.base is people then open_\n"
    "  override when r.base is present and r.base is licences\n"
    "    and r.class is withheld then conditional\n"
    "}\n";
enum { CLASS_OPEN, CONDITIONAL, WITHHELD, INTERNAL };
enum { PEOPLE, COMPANIES, LAND, LICENCES, NO_BASE };
enum { ASKED = 1 << 16, ROUNDS = 16 };

/* ---- by hand ---- */

struct question {
    uint8_t class, base;
    bool basis, conditions;
};
struct answer {
    uint32_t result;
    uint64_t fired;
};
static struct question questions[ASKED];

static __attribute__((noinline)) void by_switch(const struct question *q, struct answer *a) {
    switch (q->base) {
    case PEOPLE: *a = (struct answer){CLASS_OPEN, 1 << 6}; return;
    case LICENCES:
        if (q->class == WITHHELD) {
            *a = (struct answer){CONDITIONAL, 1 << 7};
            return;
        }
        break;
    default: break;
    }
    switch (q->class) {
    case CLASS_OPEN:
        if (q->conditions) {
            *a = (struct answer){CONDITIONAL, 1 << 4};
            return;
        }
        break;
    case CONDITIONAL:
        if (q->basis && q->conditions) {
            *a = (struct answer){CONDITIONAL, 1 << 1};
            return;
        }
        break;
    case WITHHELD:
        if (q->basis) {
            *a = (struct answer){WITHHELD, 1 << 0};
            return;
        }
        break;
    case INTERNAL:
        *a = q->basis ? (struct answer){WITHHELD, 1 << 2} : (struct answer){CONDITIONAL, 1 << 3};
        return;
    default: break;
    }
    *a = (struct answer){CLASS_OPEN, 1 << 5};
}

static void run_switch(void *ctx) {
    uint64_t sum = 0;
    (void)ctx;
    for (int k = 0; k < ROUNDS; k++)
        for (int i = 0; i < ASKED; i++) {
            struct answer a;
            by_switch(&questions[i], &a);
            sum += a.result + a.fired;
        }
    *(uint64_t *)ctx = sum;
}

/* ---- the engine ---- */

static struct bf_env env;
static struct bf_value fields[ASKED][4], records[ASKED];

static void run_decide(void *ctx) {
    uint64_t sum = 0;
    struct bf_decided d;
    for (int k = 0; k < ROUNDS; k++)
        for (int i = 0; i < ASKED; i++) {
            if (bf_decide(&env, 0, &records[i], &d) != BF_WHY_NOTHING)
                return;
            sum += (uint64_t)d.result.u.i + d.fired;
        }
    *(uint64_t *)ctx = sum;
}

/* ---- the same questions for both ---- */

static void make_questions(uint32_t class, uint32_t base) {
    uint64_t seed = 1;
    for (int i = 0; i < ASKED; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t r = seed >> 33;
        struct question *q = &questions[i];
        *q = (struct question){r % 4, r / 4 % 5, r / 20 % 2, r / 40 % 2};
        fields[i][0] = bf_enum_value(class, q->class);
        fields[i][1] = q->basis ? bf_text_value(BF_K_TEXT, BF_STR("basis")) : BF_ABSENT;
        fields[i][2] = q->conditions ? bf_text_value(BF_K_TEXT, BF_STR("conditions")) : BF_ABSENT;
        fields[i][3] = q->base == NO_BASE ? BF_ABSENT : bf_enum_value(base, q->base);
        records[i] = bf_record_value(0, fields[i], 4);
    }
}

static bool compiled(struct bf_arena *a, const char *path) {
    struct bf_sources sources = {.arena = a};
    struct bf_parse parse = {a, &sources, bf_diags_new(a, &sources, 0), bf_names_new(a), 1};
    struct bf_program *p;
    struct bf_image *image;
    struct bf_error e = {0};
    char stdlib[BF_PATH_MAX];
    const uint8_t *bytes;
    size_t size;
    if (bf_stdlib_dir(stdlib, &e) || bf_load_policy(&parse, path, stdlib, &p, &e))
        return false;
    bf_check(p);
    if (p->errors || !bf_lower(p, false, &bytes, &size) ||
        bf_image_load(a, bytes, size, &image, &e) || image->decision[0].rules.count != 8)
        return false;
    env = (struct bf_env){.image = image, .arena = a, .budget = UINT64_MAX};
    make_questions(image->type[image->field[image->record[0].fields.first].type].ref,
                   image->type[image->field[image->record[0].fields.first + 3].type].ref);
    return true;
}

static bool prepare(struct bf_arena *a) {
    char path[] = "/tmp/bench_decide_XXXXXX.banfa";
    int fd = mkstemps(path, 6);
    if (fd < 0)
        return false;
    bool written = write(fd, source, sizeof source - 1) == sizeof source - 1;
    close(fd);
    bool ok = written && compiled(a, path);
    unlink(path);
    return ok;
}

static int allocations;
static int count_allocation(void *ctx, size_t size) {
    (void)ctx;
    (void)size;
    allocations++;
    return 1;
}

int main(void) {
    struct bf_arena *a = bf_arena_new(0);
    uint64_t sums[2] = {0, 1};
    if (!a || !prepare(a)) {
        fprintf(stderr, "bench_decide: the decision does not compile\n");
        return 2;
    }
    struct bench_side ours = {"bf_decide", run_decide, &sums[0], (double)ASKED * ROUNDS};
    struct bench_side bare = {"C switch", run_switch, &sums[1], (double)ASKED * ROUNDS};
    size_t used = bf_arena_used(a);
    bf_mem_set_hook(count_allocation, NULL);
    struct bench_result r = bench_compare(&ours, &bare, 15);
    bf_mem_set_hook(NULL, NULL);
    if (sums[0] != sums[1] || allocations || bf_arena_used(a) != used) {
        fprintf(stderr, "bench_decide: %s\n",
                sums[0] != sums[1] ? "the two disagree" : "it allocates");
        return 1;
    }
    bool ok = bench_time_at_most("decide, eight rules, one tier of overrides", "call", &r, 5.0);
    bf_arena_free(a);
    return ok ? 0 : 1;
}
