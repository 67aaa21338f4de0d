# The layers of docs/ARCHITECTURE.md, enforced at configure time: a library names its layer and may
# use only libraries of lower layers. An arrow upward or sideways stops the configuration.

# mendel_library(<name> LAYER <n> SOURCES … [HEADERS …] [USES <mendel libraries>] [LINKS <others>])
#   The folder is the name is the target. LINKS are third-party targets and stay private.
function(mendel_library name)
  cmake_parse_arguments(ARG "" "LAYER" "SOURCES;HEADERS;USES;LINKS" ${ARGN})
  if(NOT DEFINED ARG_LAYER)
    message(FATAL_ERROR "layers: ${name} names no LAYER")
  endif()
  foreach(used IN LISTS ARG_USES)
    if(NOT TARGET ${used})
      message(FATAL_ERROR "layers: ${name} uses ${used}, which is not declared before it")
    endif()
    get_target_property(used_layer ${used} MENDEL_LAYER)
    if(NOT used_layer LESS ARG_LAYER)
      message(FATAL_ERROR "layers: ${name} (layer ${ARG_LAYER}) may not use ${used} "
                          "(layer ${used_layer}): arrows go down only")
    endif()
  endforeach()
  add_library(${name} STATIC ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES MENDEL_LAYER ${ARG_LAYER}
                                           ARCHIVE_OUTPUT_NAME mendel_${name})
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}
                                                 FILES ${ARG_HEADERS})
  target_link_libraries(${name} PUBLIC ${ARG_USES} fmt::fmt PRIVATE ${ARG_LINKS} mendel_flags)
endfunction()

# mendel_stage(<name> SOURCES … [HEADERS …] [USES …]): the stage's library `<name>_core` (layer 5)
# and its binary `<name>`, whose main.cpp is ten lines.
function(mendel_stage name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;USES" ${ARGN})
  mendel_library(${name}_core LAYER 5 SOURCES ${ARG_SOURCES} HEADERS ${ARG_HEADERS}
                 USES ${ARG_USES})
  add_executable(${name} main.cpp)
  target_link_libraries(${name} PRIVATE ${name}_core mendel_flags mendel_memory)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()
