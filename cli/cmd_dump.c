/* banfa dump: an image as text. A damaged one is refused. */
#include <jansson.h>

#include "cli/policy.h"
#include "lang/base/mem.h"

/* {"dump":…,"hash":…} on one line. */
static bool as_json(const struct bf_image *m, struct bf_buf *out) {
    char hex[2 * BF_SHA256_LEN + 1];
    bf_hex(m->hash, BF_SHA256_LEN, hex);
    json_t *o = json_pack("{s:s%, s:s}", "dump", out->p, out->len, "hash", hex);
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (text) {
        out->len = 0;
        bf_buf_z(out, text);
        bf_buf_char(out, '\n');
        bf_free(text);
    }
    json_decref(o);
    return text != NULL;
}

int bf_cmd_dump(struct bf_cli *cli, int argc, char **argv) {
    struct bf_cli_policy p;
    struct bf_buf out;
    if (!bf_cli_operands(cli, &argc, argv, 1, 1))
        return BF_EXIT_USAGE;
    int status = bf_cli_policy_open(cli, argv[1], BF_CLI_IMAGE | BF_CLI_SCENARIOS, &p);
    if (status == BF_EXIT_FINE) {
        bf_buf_init(&out);
        bf_image_dump(p.image, &out);
        if (cli->json && !out.failed && !as_json(p.image, &out))
            out.failed = true;
        if (!bf_cli_write(cli, &out))
            status = BF_EXIT_USAGE;
        bf_buf_fini(&out);
    }
    bf_cli_policy_close(&p);
    return status;
}
