"""CrawlOptions as Scrapy settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.options import CrawlOptions

_STANDARD = "scrapy.downloadermiddlewares"


def scrapy_settings(options: CrawlOptions) -> dict[str, Any]:
    """Return the settings of Scrapy that make a crawl as the options ask."""
    return {
        "USER_AGENT": options.user_agent,
        "ROBOTSTXT_OBEY": options.obey_robots,
        "ROBOTSTXT_USER_AGENT": options.user_agent.partition("/")[0],
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/rss+xml,application/xml;q=0.9,*/*;q=0.5",
            "Accept-Language": "ar,ckb;q=0.5,en;q=0.3",
        },
        "CONCURRENT_REQUESTS": options.concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": options.concurrency_per_host,
        "DOWNLOAD_DELAY": options.delay,
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": options.delay,
        "AUTOTHROTTLE_MAX_DELAY": max(30.0, options.delay),
        "AUTOTHROTTLE_TARGET_CONCURRENCY": float(options.concurrency_per_host),
        "DOWNLOAD_TIMEOUT": options.timeout,
        "DNS_TIMEOUT": options.dns_timeout,
        "DOWNLOAD_MAXSIZE": options.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": options.verify_certificates,
        # A page shorter than its Content-Length is how many Iraqi sites answer; what came is read.
        "DOWNLOAD_FAIL_ON_DATALOSS": False,
        "DOWNLOAD_HANDLERS": {"data": None, "file": None, "ftp": None, "s3": None},
        "TWISTED_DNS_RESOLVER": "crawler.addresses.GuardedResolver",
        "RASID_ALLOW_PRIVATE_HOSTS": sorted(options.allow_private_hosts),
        # Behind a proxy the proxy resolves the names, and the guard of addresses guards nothing.
        "HTTPPROXY_ENABLED": False,
        "REDIRECT_MAX_TIMES": options.max_redirects,
        "METAREFRESH_MAXDELAY": 5,
        "RETRY_TIMES": options.retries,
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",
        "URLLENGTH_LIMIT": 0,  # the spider names what is too long; this middleware would drop it without a word
        "DOWNLOADER_MIDDLEWARES": {
            "crawler.middlewares.AddressMiddleware": 40,
            f"{_STANDARD}.offsite.OffsiteMiddleware": None,
            f"{_STANDARD}.robotstxt.RobotsTxtMiddleware": None,
            "crawler.middlewares.RobotsMiddleware": 100,
            f"{_STANDARD}.redirect.MetaRefreshMiddleware": None,
            "crawler.middlewares.NamedMetaRefreshMiddleware": 580,
            f"{_STANDARD}.httpcompression.HttpCompressionMiddleware": None,
            "crawler.middlewares.CompressionMiddleware": 590,
            f"{_STANDARD}.redirect.RedirectMiddleware": None,
            "crawler.middlewares.NamedRedirectMiddleware": 600,
        },
        # Scrapy starts so many tasks for every response, to hand items on in parallel; there are no Scrapy items here.
        "CONCURRENT_ITEMS": 1,
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        # Every item is claimed by its canonical URL before it is asked for; a second memory of URLs is not needed.
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "LOG_INSTALL_ROOT_HANDLER": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "MEMUSAGE_ENABLED": False,
        "LOGSTATS_INTERVAL": 0,
        "STATS_DUMP": False,
    }
