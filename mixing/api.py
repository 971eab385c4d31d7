"""The API of mixing."""

from rest_framework.routers import SimpleRouter

router = SimpleRouter()
urlpatterns = router.urls
