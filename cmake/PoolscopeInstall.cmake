# What `cmake --install` puts where: the program with its presets and manual, and the engines as a library that
# other programs link (`pkg-config poolscope`).

set(engine_objects $<TARGET_OBJECTS:ps_engines> $<TARGET_OBJECTS:ps_metrics> $<TARGET_OBJECTS:ps_base>)

# Both libraries show names that begin with ps_ and no others: the modules' own names are common words.
add_library(poolscope_shared SHARED ${engine_objects})
set(exports ${PROJECT_SOURCE_DIR}/cmake/poolscope.map)
target_link_options(poolscope_shared PRIVATE -Wl,--version-script=${exports})
set_target_properties(poolscope_shared PROPERTIES OUTPUT_NAME poolscope LINKER_LANGUAGE C LINK_DEPENDS ${exports}
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_link_libraries(poolscope_shared PRIVATE ps_flags Threads::Threads PkgConfig::LIBUV m)

set(engine_object ${PROJECT_BINARY_DIR}/poolscope.o)
add_custom_command(OUTPUT ${engine_object}
  COMMAND ${CMAKE_LINKER} -r -o ${engine_object} ${engine_objects}
  COMMAND ${CMAKE_OBJCOPY} --wildcard "--keep-global-symbol=ps_*" ${engine_object}
  DEPENDS ${engine_objects} COMMAND_EXPAND_LISTS VERBATIM)
add_library(poolscope_static STATIC ${engine_object})
set_target_properties(poolscope_static PROPERTIES OUTPUT_NAME poolscope LINKER_LANGUAGE C)
target_link_libraries(poolscope_static INTERFACE Threads::Threads PkgConfig::LIBUV m)

# The contract of engines and what its headers include. A header that stands in engines/ itself is public.
file(GLOB public_headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
  ${PROJECT_SOURCE_DIR}/engines/*.h ${PROJECT_SOURCE_DIR}/engines/common/lock.h)
list(APPEND public_headers
  engines/green/green.h
  src/metrics/picture.h
  src/metrics/probe.h
  src/metrics/segment.h
  src/metrics/snapshot.h
  src/base/clock.h
  src/base/err.h
  src/base/hist.h)

# They are linked into a folder of the build as they will lie when installed: who uses poolscope_static here sees what a
# program outside the tree sees.
set(public_include ${PROJECT_BINARY_DIR}/include/public)
file(REMOVE_RECURSE ${public_include})
foreach(header ${public_headers})
  string(REGEX REPLACE "^src/" "" as_included ${header})
  cmake_path(GET as_included PARENT_PATH folder)
  file(MAKE_DIRECTORY ${public_include}/${folder})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${header} ${public_include}/${as_included} SYMBOLIC)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/poolscope/${folder} COMPONENT development)
endforeach()
target_include_directories(poolscope_static INTERFACE ${public_include})

# Manual pages and completion scripts are the program's own account of its tables.
set(pages ${PROJECT_BINARY_DIR}/pages)
add_custom_command(OUTPUT ${pages}/poolscope.1
  COMMAND sh ${PROJECT_SOURCE_DIR}/cmake/pages.sh $<TARGET_FILE:poolscope> ${pages}
  DEPENDS poolscope ${PROJECT_SOURCE_DIR}/cmake/pages.sh VERBATIM)
add_custom_target(manual ALL DEPENDS ${pages}/poolscope.1)

# Relative to the .pc file, so that an installed tree can be moved.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/poolscope.pc.in ${PROJECT_BINARY_DIR}/poolscope.pc @ONLY)

install(TARGETS poolscope RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS poolscope_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(TARGETS poolscope_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(FILES ${PROJECT_BINARY_DIR}/poolscope.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
install(FILES ${pages}/poolscope.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME poolscope)
install(FILES ${pages}/_poolscope DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${pages}/poolscope.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(DIRECTORY presets DESTINATION ${CMAKE_INSTALL_DATADIR}/poolscope)
