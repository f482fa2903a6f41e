/* The prompt for a recording to open. */
#include <stdio.h>
#include <string.h>

#include "ui/path_input.h"
#include "ui/program.h"

#define SUFFIX ".psrec"

void ps_program_ask_recording(struct ps_program *p)
{
    struct ps_overlay *o = &p->overlay;
    ps_program_open(p, PS_OVERLAY_PROMPT, "Open a recording: file");
    p->accept = ps_program_open_recording;
    o->completes = o->advice = true;
    if (!ps_path_newest(o->input, sizeof o->input, SUFFIX))
        snprintf(o->complaint, sizeof o->complaint,
                 "No *" SUFFIX " is in this folder. R on the live screen records a run.");
}

void ps_program_complete_recording(struct ps_program *p)
{
    struct ps_overlay *o = &p->overlay;
    char before[PS_INPUT_BYTES];
    snprintf(before, sizeof before, "%s", o->input);
    unsigned count =
        ps_path_complete(o->input, sizeof o->input, SUFFIX, o->complaint, sizeof o->complaint);
    o->advice = true;
    if (count == 0)
        snprintf(o->complaint, sizeof o->complaint, "No recording or folder begins like that.");
    else if (count == 1 && strcmp(before, o->input) == 0)
        snprintf(o->complaint, sizeof o->complaint, "Whole: Enter opens it.");
}

void ps_program_open_recording(struct ps_program *p)
{
    struct ps_overlay *o = &p->overlay;
    char path[PS_INPUT_BYTES], why[200];
    snprintf(path, sizeof path, "%s", o->input);
    if (ps_program_replay_file(p, path, why, sizeof why))
        return;
    o->advice = false;
    snprintf(o->complaint, sizeof o->complaint, "%.80s: %.76s", path[0] ? path : "No name", why);
}
