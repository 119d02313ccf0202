android {
    arguments += listOf("-DA=1", "-DB=2"
}
