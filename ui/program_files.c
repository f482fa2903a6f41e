/* Files that the user asks for while a run or a replay is on the screen: recordings (R), exports (x),
 * and the choice of a recording to open (o).
 *
 * Nothing here may block the screen: a recording is made durable by a thread of its own, an export is
 * made by another process of this program ("poolscope export"), which also outlives a quit. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "ui/format.h"
#include "ui/program.h"

#define SUFFIX          ".psrec"
#define EXPORT_NICENESS 10 /* it shares the machine with the run */

extern char **environ;

/* A recording that is being finished. */
struct closing {
    struct closing *next;
    pthread_t thread;
    struct ps_recorder *recorder;
    char path[PS_PATH_BYTES], why[200];
    enum ps_err err;
    _Atomic bool done; /* release by the thread, acquire by the program: err, why */
};

struct ps_files {
    struct closing *closing; /* the newest first; NULL: none */
    pid_t exporter;          /* 0: none */
    int said;                /* its standard error, a memfd */
    char made[PS_PATH_BYTES];
};

static struct ps_files *files_of(struct ps_program *p)
{
    if (!p->files)
        p->files = calloc(1, sizeof *p->files);
    return p->files;
}

static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Letters, digits, - and _ of the preset's name; a path's last part without its ending. */
static void plain_name(char *into, size_t size, const char *preset)
{
    const char *from = file_of(preset);
    size_t n = 0;
    for (; *from && *from != '.' && n + 1 < size && n < 40; from++)
        into[n++] = (char)(is_plain(*from) ? *from : '-');
    into[n] = '\0';
    if (n == 0)
        snprintf(into, size, "run");
}

static void stamp(char into[32])
{
    time_t now = time(NULL);
    struct tm parts;
    localtime_r(&now, &parts);
    strftime(into, 32, "%Y%m%d-%H%M%S", &parts);
}

/* ---- recording ---- */

/* A new file, with a number where this second has one already; -1: errno says why not. */
static int create(char *path, size_t size, const char *name, const char *at)
{
    int fd = -1;
    for (unsigned n = 1; n < 10; n++) {
        char number[4] = "";
        if (n > 1)
            snprintf(number, sizeof number, "-%u", n);
        snprintf(path, size, "poolscope-%s-%s%s" SUFFIX, name, at, number);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            break;
    }
    return fd;
}

static void record_begin(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    char name[48], at[32], why[200];
    plain_name(name, sizeof name, run->preset);
    stamp(at);
    int fd = create(run->record_path, sizeof run->record_path, name, at);
    enum ps_err err = fd < 0 ? PS_EIO : PS_OK;
    if (fd < 0)
        snprintf(why, sizeof why, "%s", strerror(errno));
    else
        err = ps_recorder_new(fd, run->preset, &run->experiment, &run->recorder, why, sizeof why);
    if (err != PS_OK) {
        run->recorder = NULL;
        ps_program_say(p, PS_STYLE_WARNING, "cannot record to %s: %s", run->record_path, why);
        run->record_path[0] = '\0';
        return;
    }
    run->record_ours = true;
    ps_recorder_snapshot(run->recorder, run->snapshot); /* so that it is one from now on */
    ps_program_say(p, PS_STYLE_GOOD, "recording to %s; R ends it", run->record_path);
}

static void *finish(void *from)
{
    struct closing *c = from;
    c->err = ps_recorder_finish(c->recorder, c->why, sizeof c->why);
    atomic_store_explicit(&c->done, true, memory_order_release);
    return NULL;
}

/* Signals are the program's. */
static bool start_thread(struct closing *c)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&c->thread, NULL, finish, c) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* After the last frame only what has gone wrong, and behind it. */
static void say_closed(struct ps_program *p, const char *path, enum ps_err err, const char *why)
{
    if (err == PS_OK)
        ps_program_say(p, PS_STYLE_GOOD, "recorded: %s", path);
    else if (p->term)
        ps_program_say(p, PS_STYLE_WARNING, "%s is cut short: %s", path, why);
    else
        fprintf(stderr, "poolscope: %s is cut short: %s\n", path, why);
}

/* Waits for its thread, unless it is done. */
static void take_closed(struct ps_program *p, struct closing **at)
{
    struct closing *c = *at;
    pthread_join(c->thread, NULL);
    *at = c->next;
    say_closed(p, c->path, c->err, c->why);
    free(c);
}

void ps_program_record_end(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    struct ps_recorder *recorder = run->recorder;
    run->recorder = NULL;
    if (!recorder || !run->record_ours)
        return; /* whoever gave it finishes it */
    run->record_ours = false;
    struct ps_files *files = files_of(p);
    struct closing *c = files ? calloc(1, sizeof *c) : NULL;
    if (c) {
        c->recorder = recorder;
        c->next = files->closing;
        snprintf(c->path, sizeof c->path, "%s", run->record_path);
        if (start_thread(c)) {
            files->closing = c;
            return;
        }
    }
    char why[200];
    free(c);
    enum ps_err err = ps_recorder_finish(recorder, why, sizeof why);
    say_closed(p, run->record_path, err, why);
}

void ps_program_record(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    if (!run->recorder) {
        if (run->told_end)
            ps_program_say(p, PS_STYLE_NOTE, "the run has ended: nothing is left to record");
        else
            record_begin(p);
        return;
    }
    ps_program_say(p, PS_STYLE_NOTE, "recording ended: %s", run->record_path);
    ps_program_record_end(p);
}

/* ---- exports ---- */

static const struct format {
    const char *name, *ending, *note;
} formats[] = {
    {"html", ".html", "a page with charts, one file"},
    {"perfetto", ".perfetto-trace", "a trace for ui.perfetto.dev"},
    {"csv", ".csv", "a line a snapshot, every metric"},
    {"jsonl", ".jsonl", "the same, with workers and task types"},
    {"chrome-json", ".json", "a trace for chrome://tracing"},
};
#define FORMATS (sizeof formats / sizeof formats[0])

void ps_program_export_menu(struct ps_program *p)
{
    const struct ps_run *run = &p->run;
    if (!run->record_path[0]) {
        ps_program_say(p, PS_STYLE_NOTE,
                       "nothing is recorded yet: R records from here on, x then exports that");
        return;
    }
    if (p->files && p->files->exporter) {
        ps_program_say(p, PS_STYLE_NOTE, "%s is still being written", p->files->made);
        return;
    }
    char title[72];
    snprintf(title, sizeof title, "Export %s%.40s", run->recorder ? "so far: " : "",
             file_of(run->record_path));
    ps_program_open(p, PS_OVERLAY_MENU, title);
    p->menu = PS_MENU_EXPORT;
    for (unsigned i = 0; i < FORMATS; i++) {
        struct ps_menu_item *item = &p->overlay.item[p->overlay.count++];
        snprintf(item->label, sizeof item->label, "%s", formats[i].name);
        snprintf(item->note, sizeof item->note, "%s", formats[i].note);
        item->argument = (int)i;
    }
}

/* Its complaints go into a file in memory: a pipe would end it when this program is gone. */
static int spawn(char *const *argv, int said, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    int number = posix_spawn(pid, "/proc/self/exe", &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return number;
}

void ps_program_export(struct ps_program *p, unsigned number)
{
    struct ps_files *files = files_of(p);
    const struct format *format = &formats[number % FORMATS];
    char name[64], at[32], from[PS_PATH_BYTES], kind[16], word[16];
    if (!files)
        return;
    plain_name(name, sizeof name, p->run.preset);
    stamp(at);
    snprintf(files->made, sizeof files->made, "poolscope-%s-%s%s", name, at, format->ending);
    snprintf(from, sizeof from, "%s", p->run.record_path);
    snprintf(kind, sizeof kind, "%s", format->name);
    snprintf(word, sizeof word, "export");
    char *argv[] = {"poolscope", word, "--format", kind, "--out", files->made, "--", from, NULL};
    files->said = memfd_create("poolscope-export", MFD_CLOEXEC);
    int error = files->said < 0 ? errno : spawn(argv, files->said, &files->exporter);
    if (error) {
        if (files->said >= 0)
            close(files->said);
        files->exporter = 0;
        ps_program_say(p, PS_STYLE_WARNING, "cannot export: %s", strerror(error));
        return;
    }
    setpriority(PRIO_PROCESS, (id_t)files->exporter, EXPORT_NICENESS);
    ps_program_say(p, PS_STYLE_NOTE, "writing %s", files->made);
}

static void say_exported(struct ps_program *p, int status)
{
    struct ps_files *files = p->files;
    char text[160] = "";
    if (pread(files->said, text, sizeof text - 1, 0) < 0)
        text[0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    char clean[sizeof text];
    ps_text_clean(clean, sizeof clean, text);
    const char *said = strncmp(clean, "poolscope: export: ", 19) == 0 ? clean + 19 : clean;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        ps_program_say(p, PS_STYLE_GOOD, "exported: %s", files->made);
    else
        ps_program_say(p, PS_STYLE_WARNING, "cannot export: %s", *said ? said : "it was ended");
}

void ps_program_files_update(struct ps_program *p)
{
    struct ps_files *files = p->files;
    int status = 0;
    if (!files)
        return;
    for (struct closing **at = &files->closing; *at;)
        if (atomic_load_explicit(&(*at)->done, memory_order_acquire))
            take_closed(p, at);
        else
            at = &(*at)->next;
    if (files->exporter && waitpid(files->exporter, &status, WNOHANG) == files->exporter) {
        say_exported(p, status);
        close(files->said);
        files->exporter = 0;
    }
}

void ps_program_files_end(struct ps_program *p)
{
    if (!p->files)
        return;
    while (p->files->closing)
        take_closed(p, &p->files->closing);
    if (p->files->exporter)
        close(p->files->said);
    free(p->files);
    p->files = NULL;
}
