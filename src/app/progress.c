#include "app/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

#define WORTH_NS  (2 * (uint64_t)PS_NS_PER_S)
#define PERIOD_NS (100 * (uint64_t)PS_NS_PER_MS)
#define BAR       20u

void ps_progress_begin(struct ps_progress *progress)
{
    const char *term = getenv("TERM");
    *progress = (struct ps_progress){.started_ns = ps_now_ns()};
    progress->on = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* From what has been done so far. */
static double left_s(double share, uint64_t elapsed_ns)
{
    return share > 0 ? (double)elapsed_ns / PS_NS_PER_S * (1 - share) / share : 0;
}

const char *ps_progress_line(char *into, size_t size, unsigned width, double share,
                             uint64_t elapsed_ns, const char *what)
{
    char bar[BAR + 1], left[32] = "";
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    unsigned full = (unsigned)(share * BAR);
    for (unsigned i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR] = '\0';
    if (share > 0) {
        unsigned seconds = (unsigned)(left_s(share, elapsed_ns) + 0.5);
        snprintf(left, sizeof left, "%u:%02u left  ", seconds / 60, seconds % 60);
    }
    int length = snprintf(into, size, "[%s] %3.0f %%  %s%s", bar, share * 100, left, what);
    if (length > 0 && (unsigned)length > width && width < size)
        into[width] = '\0';
    return into;
}

static unsigned columns(void)
{
    struct winsize window;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col < 20)
        return 79;
    return window.ws_col > 200 ? 200 : window.ws_col - 1u;
}

void ps_progress_show(struct ps_progress *progress, double share, const char *what)
{
    uint64_t now_ns = ps_now_ns(), elapsed_ns = now_ns - progress->started_ns;
    if (!progress->on || now_ns - progress->shown_ns < PERIOD_NS)
        return;
    uint64_t all_ns = elapsed_ns + (uint64_t)(left_s(share, elapsed_ns) * PS_NS_PER_S);
    if (all_ns < WORTH_NS)
        return;
    char line[256];
    fprintf(stderr, "\r\033[K%s",
            ps_progress_line(line, sizeof line, columns(), share, elapsed_ns, what));
    fflush(stderr);
    progress->shown = true;
    progress->shown_ns = now_ns;
}

void ps_progress_end(struct ps_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
