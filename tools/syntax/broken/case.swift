func word(_ state: Int) -> String {
  switch state {
  case 0
    return "nominal"
  default:
    return "hot"
  }
}
