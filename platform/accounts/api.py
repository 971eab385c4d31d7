"""The API of accounts."""

from rest_framework.routers import SimpleRouter

router = SimpleRouter()
urlpatterns = router.urls
