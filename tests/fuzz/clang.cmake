# The newest clang there is: from 16 on it knows std::source_location of libstdc++.
find_program(MENDEL_CLANG NAMES clang++-20 clang++-19 clang++-18 clang++-17 clang++-16 clang++
             REQUIRED)
set(CMAKE_CXX_COMPILER ${MENDEL_CLANG})
