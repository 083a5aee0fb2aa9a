/* banfa compile: from a policy to its image, written whole or not at all. Prints the policy version. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/policy.h"

static bool write_all(int fd, const uint8_t *p, size_t n) {
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* As a file made by open would have it. */
static mode_t usual_mode(void) {
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* Into a file of its own beside the final one, then renamed over it: a reader sees the old image or the
** new one. */
static enum bf_err write_file(struct bf_arena *a, const char *path, const uint8_t *bytes,
                              size_t size, struct bf_error *e) {
    static const char tail[] = ".XXXXXX";
    size_t len = strlen(path);
    char *temp = bf_arena_alloc(a, len + sizeof tail);
    memcpy(temp, path, len);
    memcpy(temp + len, tail, sizeof tail);
    int fd = mkstemp(temp);
    if (fd < 0)
        return bf_fail(e, BF_EIO, "%s: %s", path, strerror(errno));
    bool written = write_all(fd, bytes, size) && fchmod(fd, usual_mode()) == 0 && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && written) {
        written = false;
        error = errno;
    }
    if (written && rename(temp, path) == 0)
        return BF_OK;
    if (written)
        error = errno;
    unlink(temp);
    return bf_fail(e, BF_EIO, "%s: %s", path, strerror(error));
}

static bool print_hash(struct bf_cli *cli, const struct bf_cli_policy *p) {
    char hex[2 * BF_SHA256_LEN + 1];
    struct bf_buf out;
    bf_buf_init(&out);
    bf_hex(p->image->hash, BF_SHA256_LEN, hex);
    if (cli->json)
        bf_buf_fmt(&out, "{\"bytes\":%zu,\"hash\":\"%s\"}\n", p->size, hex);
    else
        bf_buf_fmt(&out, "%s\n", hex);
    bool written = bf_cli_write(cli, &out);
    bf_buf_fini(&out);
    return written;
}

int bf_cmd_compile(struct bf_cli *cli, int argc, char **argv) {
    struct bf_cli_policy p;
    struct bf_error e;
    const char *to = bf_cli_value(&argc, argv, "-o");
    if (!bf_cli_operands(cli, &argc, argv, 1, 1))
        return BF_EXIT_USAGE;
    if (!to)
        return bf_cli_usage(cli, BF_T_CLI_NEEDS_OUTPUT, BF_NOARGS);
    int status = bf_cli_policy_open(cli, argv[1], BF_CLI_IMAGE | BF_CLI_SCENARIOS, &p);
    if (status == BF_EXIT_FINE && write_file(p.arena, to, p.bytes, p.size, &e))
        status = bf_cli_fail(cli, &e);
    if (status == BF_EXIT_FINE && !print_hash(cli, &p))
        status = BF_EXIT_USAGE;
    bf_cli_policy_close(&p);
    return status;
}
