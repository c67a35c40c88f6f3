def slug(text, sep='-'):
    return sep.join(str(text).lower().split())


def by_key(items, key):
    return {item[key]: item for item in items}


class FilterModule:
    def filters(self):
        return {'slug': slug, 'by_key': by_key}
