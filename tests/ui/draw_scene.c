/* draw_scene KIND WORKERS SECONDS COLUMNSxROWS THEME [ascii] [zoom PANEL]: a live screen as SVG. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"
#include "ui/live_screen.h"

int main(int argc, char **argv)
{
    int width, height;
    enum ps_theme theme;
    if (argc < 6 || sscanf(argv[4], "%dx%d", &width, &height) != 2 ||
        !ps_theme_find(argv[5], &theme)) {
        fprintf(stderr,
                "usage: draw_scene KIND WORKERS SECONDS COLUMNSxROWS THEME [ascii] [PANEL]\n");
        return 2;
    }
    bool ascii = argc > 6 && strcmp(argv[6], "ascii") == 0;
    struct scene *scene =
        scene_new((enum scene_kind)atoi(argv[1]), (unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]));
    struct ps_canvas *canvas = ps_canvas_new(width, height, ascii);
    if (argc > 7) {
        scene->view.zoom = true;
        scene->view.panel = (unsigned)atoi(argv[7]);
    }
    ps_live_screen_draw(canvas, &scene->view);
    char *text = ascii ? ps_canvas_text(canvas) : ps_canvas_svg(canvas, theme);
    fputs(text, stdout);
    free(text);
    ps_canvas_free(canvas);
    scene_free(scene);
    return 0;
}
