/* cast PROGRAM SIZE SCRIPT OUTPUT [ARGUMENTS]: plays a script of keys to the program on a terminal of
 * SIZE (80x24) and writes what it shows as an asciicast, version 2
 * (docs.asciinema.org/manual/asciicast/v2). The run is real and takes its time.
 *
 * A line of a script is `wait SECONDS`, `type TEXT`, `key enter|esc|tab|up|down|left|right` or, after
 * a `;`, a remark. The recording ends with the script. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cast {
    int master;
    pid_t child;
    FILE *to;
    double began;
    bool ended;
    char part[8]; /* of a character whose end has not come yet */
    size_t held;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void write_string(FILE *to, const char *bytes, size_t size)
{
    fputc('"', to);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(to, "\\u%04x", c);
        else
            fputc(c, to);
    }
    fputc('"', to);
}

/* Bytes at the end that begin a character of UTF-8 and do not end it. */
static size_t begun(const char *bytes, size_t size)
{
    for (size_t back = 1; back <= 3 && back <= size; back++) {
        unsigned char c = (unsigned char)bytes[size - back];
        if ((c & 0xc0) == 0x80)
            continue;
        size_t wants = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        return wants > back ? back : 0;
    }
    return 0;
}

static void take_output(struct cast *c)
{
    char bytes[65536];
    memcpy(bytes, c->part, c->held);
    ssize_t n = read(c->master, bytes + c->held, sizeof bytes - c->held);
    if (n <= 0) {
        c->ended = n == 0 || errno != EINTR; /* EIO: nobody has the terminal any more */
        return;
    }
    size_t size = c->held + (size_t)n;
    c->held = begun(bytes, size);
    size -= c->held;
    memcpy(c->part, bytes + size, c->held);
    fprintf(c->to, "[%.6f, \"o\", ", now_s() - c->began);
    write_string(c->to, bytes, size);
    fputs("]\n", c->to);
}

static void wait_for(struct cast *c, double seconds)
{
    double until = now_s() + seconds;
    for (double left = seconds; left > 0 && !c->ended; left = until - now_s()) {
        struct pollfd fd = {.fd = c->master, .events = POLLIN};
        if (poll(&fd, 1, (int)(left * 1000) + 1) > 0)
            take_output(c);
    }
}

static const char *key_bytes(const char *name)
{
    static const struct {
        const char *name, *bytes;
    } keys[] = {{"enter", "\r"},    {"esc", "\033"},     {"tab", "\t"},      {"up", "\033OA"},
                {"down", "\033OB"}, {"right", "\033OC"}, {"left", "\033OD"}, {"space", " "},
                {"f2", "\033OQ"},   {NULL, NULL}};
    for (unsigned i = 0; keys[i].name; i++)
        if (strcmp(keys[i].name, name) == 0)
            return keys[i].bytes;
    return NULL;
}

/* False: the line means nothing. */
static bool play_line(struct cast *c, const char *line)
{
    double seconds;
    const char *bytes = NULL;
    if (!*line || *line == ';')
        return true;
    if (sscanf(line, "wait %lf", &seconds) == 1) {
        wait_for(c, seconds);
        return true;
    }
    if (strncmp(line, "type ", 5) == 0)
        bytes = line + 5;
    else if (strncmp(line, "key ", 4) == 0)
        bytes = key_bytes(line + 4);
    return bytes && write(c->master, bytes, strlen(bytes)) == (ssize_t)strlen(bytes);
}

static int play(struct cast *c, const char *path)
{
    char line[200];
    FILE *script = fopen(path, "r");
    if (!script) {
        perror(path);
        return 2;
    }
    unsigned number = 0;
    int code = 0;
    while (!code && !c->ended && fgets(line, sizeof line, script)) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        if (!play_line(c, line)) {
            fprintf(stderr, "%s:%u: '%s': wait SECONDS, type TEXT, key NAME or ; remark\n", path,
                    number, line);
            code = 2;
        }
    }
    fclose(script);
    return code;
}

static bool start(struct cast *c, int columns, int rows, char **argv)
{
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    c->child = forkpty(&c->master, NULL, NULL, &size);
    if (c->child == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        unsetenv("NO_COLOR");
        execv(argv[0], argv);
        _exit(126);
    }
    return c->child > 0;
}

int main(int argc, char **argv)
{
    int columns, rows;
    if (argc < 5 || sscanf(argv[2], "%dx%d", &columns, &rows) != 2) {
        fprintf(stderr, "usage: %s PROGRAM SIZE SCRIPT OUTPUT [ARGUMENTS]\n", argv[0]);
        return 2;
    }
    const char *script = argv[3], *output = argv[4];
    struct cast c = {.to = fopen(output, "w")};
    if (!c.to) {
        perror(output);
        return 2;
    }
    argv[4] = argv[1];
    if (!start(&c, columns, rows, argv + 4)) {
        perror(argv[1]);
        return 1;
    }
    fprintf(c.to,
            "{\"version\": 2, \"width\": %d, \"height\": %d, \"timestamp\": %lld, "
            "\"title\": \"poolscope\", \"env\": {\"TERM\": \"xterm-256color\"}}\n",
            columns, rows, (long long)time(NULL));
    c.began = now_s();
    int code = play(&c, script);
    kill(c.child, SIGHUP);
    close(c.master);
    waitpid(c.child, NULL, 0);
    return fclose(c.to) == 0 ? code : 1;
}
