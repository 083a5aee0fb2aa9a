/* rerun: runs a fuzz target over its kept corpus, without libFuzzer: every file of
** $srcdir/tests/fuzz/corpus/NAME where the program is fuzz_NAME, or the files it is given. An empty
** corpus is a failure: it would test nothing. */
#include <dirent.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { FOLDER_MAX = 4096 };

static int fail(const char *path, const char *what) {
    fprintf(stderr, "%s: %s\n", path, what);
    return 1;
}

static int run_file(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        return fail(path, "cannot be opened");
    long size = ftell(f);
    rewind(f);
    /* Exactly as large as the input, so that AddressSanitizer sees a read past its end. */
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    if (size < 0 || !data || fread(data, 1, (size_t)size, f) != (size_t)size)
        return fail(path, "cannot be read");
    fclose(f);
    printf("%s\n", path);
    fflush(stdout); /* names the culprit if this one crashes */
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    return 0;
}

static int run_folder(const char *folder) {
    char path[FOLDER_MAX + 1 + sizeof((struct dirent *)0)->d_name];
    int count = 0, bad = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return fail(folder, "cannot be opened");
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        bad |= run_file(path);
        count++;
    }
    closedir(dir);
    return count ? bad : fail(folder, "is empty");
}

int main(int argc, char **argv) {
    char folder[FOLDER_MAX];
    int bad = 0;
    for (int i = 1; i < argc; i++)
        bad |= run_file(argv[i]);
    if (argc > 1)
        return bad;
    const char *srcdir = getenv("srcdir"), *name = strstr(argv[0], "fuzz_");
    for (const char *next = name; (next = strstr(next + 1, "fuzz_"));)
        name = next;
    if (!name)
        return fail(argv[0], "is not named fuzz_NAME");
    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", name + 5);
    return run_folder(folder);
}
