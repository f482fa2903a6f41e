/* Time of a frame: a step of the run, feeding the history, drawing. Prints microseconds a frame and
 * the share of a core at 10 frames a second. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "scene.h"
#include "ui/live_screen.h"

int main(int argc, char **argv)
{
    unsigned workers = argc > 1 ? (unsigned)atoi(argv[1]) : 64;
    enum { FRAMES = 300, WIDTH = 160, HEIGHT = 45 };
    struct scene *scene = scene_new(SCENE_STEAL, workers, 64);
    struct ps_canvas *canvas = ps_canvas_new(WIDTH, HEIGHT, false);
    uint64_t draw = 0, feed = 0;
    for (unsigned i = 0; i < FRAMES; i++) {
        uint64_t start = ps_thread_cpu_ns();
        scene_step(scene, SCENE_STEAL);
        uint64_t middle = ps_thread_cpu_ns();
        ps_canvas_clear(canvas);
        ps_live_screen_draw(canvas, &scene->view);
        feed += middle - start;
        draw += ps_thread_cpu_ns() - middle;
    }
    printf("%u workers, %dx%d: draw %.0f us, step and history %.0f us a frame; at 10 Hz %.2f %%\n",
           workers, WIDTH, HEIGHT, (double)draw / FRAMES / 1e3, (double)feed / FRAMES / 1e3,
           (double)(draw + feed) / FRAMES / 1e9 * 10 * 100);
    ps_canvas_free(canvas);
    scene_free(scene);
    return 0;
}
