/* Waiting for a host that begins or ends, without standing still: frames go on, the window may change,
 * Esc and quit are heard at once, and PS_TYPED_MAX other keys are kept for afterwards. Screens are drawn
 * meanwhile, but neither act nor update, so that nothing happens below them. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ui/program.h"

#define STEP_NS    (5 * (uint64_t)PS_NS_PER_MS)
#define FRAME_NS   (PS_NS_PER_S / 10)
#define PATIENT_NS (30 * (uint64_t)PS_NS_PER_MS) /* what is over by then needs no frame */

enum { EXIT_HANGUP = 129 };

bool ps_program_typed(struct ps_program *p, struct ps_input *into)
{
    if (p->typed.count == 0)
        return false;
    *into = p->typed.list[0];
    memmove(p->typed.list, p->typed.list + 1, --p->typed.count * sizeof p->typed.list[0]);
    return true;
}

/* True: the wait is given up. */
static bool hear(struct ps_program *p, struct ps_input input)
{
    const struct ps_binding *binding = ps_binding_find(ps_program_place(p), input.key);
    if (input.key == PS_INPUT_HANGUP) {
        p->quit = true;
        p->code = EXIT_HANGUP;
    } else if (input.key == PS_INPUT_MOTION) {
        ps_program_point(p, input.x, input.y);
    } else if (binding && binding->action == PS_DO_QUIT) {
        p->quit = true;
    } else if (binding && binding->action == PS_DO_BACK) {
        return true;
    } else if (p->typed.count < PS_TYPED_MAX) {
        p->typed.list[p->typed.count++] = input;
    }
    return p->quit;
}

static bool listen(struct ps_program *p)
{
    for (;;) {
        struct ps_input input = ps_term_read(p->term);
        if (input.key == PS_INPUT_NONE)
            return false;
        if (hear(p, input))
            return true;
    }
}

static void rest(const struct ps_program *p)
{
    struct pollfd fds[2] = {{.fd = ps_term_signal_fd(p->term), .events = POLLIN},
                            {.fd = ps_term_fd(p->term), .events = POLLIN}};
    struct timespec step = ps_timespec(STEP_NS);
    ppoll(fds, 2, &step, NULL);
}

bool ps_program_await(struct ps_program *p, bool (*over)(void *user), void *user, const char *what,
                      uint64_t limit_ns)
{
    uint64_t begun_ns = ps_now_ns(), frame_ns = begun_ns + PATIENT_NS;
    bool left = false;
    char notice[sizeof p->notice];
    enum ps_style style = p->notice_style;
    uint64_t until_ns = p->notice_until_ns;
    memcpy(notice, p->notice, sizeof notice);
    while (!over(user) && !left && ps_now_ns() - begun_ns < limit_ns) {
        if (!p->term) { /* given back: nobody looks */
            struct timespec step = ps_timespec(STEP_NS);
            ppoll(NULL, 0, &step, NULL);
            continue;
        }
        rest(p);
        bool resized = ps_term_signals(p->term);
        left = listen(p);
        if (!resized && ps_now_ns() < frame_ns)
            continue;
        ps_program_say(p, PS_STYLE_NOTE, "%s", what);
        ps_program_frame(p);
        frame_ns = ps_now_ns() + FRAME_NS;
    }
    memcpy(p->notice, notice, sizeof notice);
    p->notice_style = style;
    p->notice_until_ns = until_ns;
    return !left;
}
