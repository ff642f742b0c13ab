def handler(event:, context:) = "from a folder"
