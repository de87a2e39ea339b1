# HF_SANITIZE=address,undefined or thread builds everything with those sanitizers.
if(HF_SANITIZE)
    add_compile_options(-fsanitize=${HF_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
    add_link_options(-fsanitize=${HF_SANITIZE})
endif()

# HF_FUZZ lets libFuzzer see which code is reached; with the sanitizers it is to find what is wrong.
if(HF_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
