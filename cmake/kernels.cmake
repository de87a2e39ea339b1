# Kernels are plain C compiled once for every CPU level; the level is chosen when the program runs.
#
# hf_add_kernels(TARGET SOURCES...) compiles each source for each level with HF_LEVEL set to its name,
# so that HF_KERNEL(warp_row) becomes warp_row_v3 (kernels/level.h), and adds the objects to TARGET.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(HF_LEVELS base v2 v3 v4)
    set(HF_LEVEL_FLAGS_base -march=x86-64)
    set(HF_LEVEL_FLAGS_v2 -march=x86-64-v2)
    set(HF_LEVEL_FLAGS_v3 -march=x86-64-v3)
    set(HF_LEVEL_FLAGS_v4 -march=x86-64-v4 -mprefer-vector-width=512)
else()
    set(HF_LEVELS base)
    set(HF_LEVEL_FLAGS_base "")
endif()

function(hf_add_kernels target)
    foreach(level ${HF_LEVELS})
        set(objects ${target}-${level})
        add_library(${objects} OBJECT ${ARGN})
        target_compile_options(${objects} PRIVATE -O3 ${HF_LEVEL_FLAGS_${level}})
        if(HF_FUZZ) # no fuzz target reaches them, and looked at so closely they take minutes to build
            target_compile_options(${objects} PRIVATE -O1 -fno-sanitize=all)
        endif()
        target_compile_definitions(${objects} PRIVATE HF_LEVEL=${level})
        target_include_directories(${objects} PRIVATE ${CMAKE_SOURCE_DIR}/engine
                                                      ${CMAKE_SOURCE_DIR}/engine/include)
        target_link_libraries(${objects} PRIVATE PkgConfig::GLIB)
        target_sources(${target} PRIVATE $<TARGET_OBJECTS:${objects}>)
    endforeach()
    list(LENGTH HF_LEVELS n_levels)
    target_compile_definitions(${target} PRIVATE HF_N_LEVELS=${n_levels})
endfunction()
