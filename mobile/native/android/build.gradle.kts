// The plugin: Kotlin, and mobile/native/src by CMake with the NDK. tool/libraries.sh makes what that needs, in native/prefix.
group = "dev.edgelab.lab"
version = "0.1.0"

buildscript {
    repositories {
        google()
        mavenCentral()
    }

    dependencies {
        classpath("com.android.tools.build:gradle:9.0.1")
        classpath("org.jetbrains.kotlin:kotlin-gradle-plugin:2.3.20")
    }
}

allprojects {
    repositories {
        google()
        mavenCentral()
    }
}

// Kotlin comes with the Android plugin.
plugins {
    id("com.android.library")
}

val packages = file("../prefix/vcpkg-arm64-android/arm64-android")
val prefix = file("../prefix/android-arm64")
if (!file("$prefix/jni/arm64-v8a/libfllama.so").exists()) {
    throw GradleException("$prefix has no libfllama.so: run mobile/tool/libraries.sh android, as mobile/README.md says")
}

android {
    namespace = "dev.edgelab.lab"
    compileSdk = 36

    // C++23 with libc++ 20 or later.
    ndkVersion = "29.0.14206865"

    defaultConfig {
        minSdk = 28

        externalNativeBuild {
            cmake {
                targets += "edgelab_mobile"
                arguments += listOf(
                    "-DANDROID_STL=c++_static",
                    "-DCMAKE_PREFIX_PATH=$packages",
                    "-DEDGELAB_FLLAMA_INCLUDE=$prefix/llama-include;$prefix/ggml-include",
                    "-DEDGELAB_FLLAMA_LIBRARY=$prefix/jni/arm64-v8a/libfllama.so",
                )
            }
        }

        ndk {
            abiFilters += "arm64-v8a"
        }
    }

    externalNativeBuild {
        cmake {
            path = file("../src/CMakeLists.txt")
            version = "3.31.6"
        }
    }

    sourceSets {
        getByName("main") {
            java.srcDirs("src/main/kotlin")
            jniLibs.srcDirs("$prefix/jni")
        }
    }

    packaging {
        // Gradle also finds the library that CMake links: it is the same file.
        jniLibs.pickFirsts += "**/libfllama.so"
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin {
    compilerOptions {
        jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_17
    }
}
