rootProject.name = "edgelab_native"
