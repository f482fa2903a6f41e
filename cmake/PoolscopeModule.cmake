# A module is a folder, a static library ps_NAME and an include path of its own: `#include "NAME/x.h"` works only
# in modules that link ps_NAME. That is how the arrows of src/README.md are enforced.
#
#   ps_module(NAME FOLDER [MODULES it may include ...])
#
# Every .c and .S below FOLDER belongs to it; a file called *_ARCH.* or listed in FOLDER/sources.cmake (which may
# remove files from `sources`) is chosen there.

add_library(ps_flags INTERFACE)
target_compile_definitions(ps_flags INTERFACE _GNU_SOURCE POOLSCOPE_VERSION="${PROJECT_VERSION}")
target_compile_options(ps_flags INTERFACE
  $<$<COMPILE_LANGUAGE:C>:-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wno-sign-conversion -fstack-clash-protection>)
if(POOLSCOPE_WERROR)
  target_compile_options(ps_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:-Werror>)
endif()
if(POOLSCOPE_SANITIZE)
  target_compile_options(ps_flags INTERFACE -fsanitize=${POOLSCOPE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(ps_flags INTERFACE -fsanitize=${POOLSCOPE_SANITIZE})
endif()
if(POOLSCOPE_WATCH)
  target_compile_definitions(ps_flags INTERFACE POOLSCOPE_WATCH)
endif()
if(POOLSCOPE_FUZZ)
  target_compile_options(ps_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(POOLSCOPE_DELAYS)
  add_library(ps_delays STATIC ${PROJECT_SOURCE_DIR}/tests/delays/delays.c)
  target_compile_definitions(ps_delays PRIVATE _GNU_SOURCE)
  target_compile_options(ps_flags INTERFACE
    "$<$<COMPILE_LANGUAGE:C>:SHELL:-include ${PROJECT_SOURCE_DIR}/tests/delays/atomics.h>")
  target_link_libraries(ps_flags INTERFACE ps_delays)
endif()
target_link_options(ps_flags INTERFACE -Wl,-z,now)

function(ps_module name folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS
       ${PROJECT_SOURCE_DIR}/${folder}/*.c ${PROJECT_SOURCE_DIR}/${folder}/*.S)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${folder}/sources.cmake)
    include(${PROJECT_SOURCE_DIR}/${folder}/sources.cmake)
  endif()
  set(include ${PROJECT_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${include})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${include}/${name} SYMBOLIC)
  add_library(ps_${name} STATIC ${sources})
  target_include_directories(ps_${name} PUBLIC ${include})
  target_link_libraries(ps_${name} PUBLIC ps_flags)
  foreach(module ${ARGN})
    target_link_libraries(ps_${name} PUBLIC ps_${module})
  endforeach()
endfunction()
